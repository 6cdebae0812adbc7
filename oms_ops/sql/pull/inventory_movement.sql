-- one movement of a range of the ledger, its posting and its place named by number
SELECT
    movement.movement_seq,
    movement.posting_seq,
    movement.stock_no,
    movement.kind_no,
    movement.quantity,
    line.line_id
FROM inventory_movement AS movement
JOIN posting ON posting.posting_seq = movement.posting_seq
LEFT JOIN order_line AS line ON line.order_seq = posting.order_seq AND line.line_no = movement.line_no
WHERE movement.movement_seq > :low AND movement.movement_seq <= :high
ORDER BY movement.movement_seq
