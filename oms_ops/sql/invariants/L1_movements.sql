-- each lot's stored units are the sum of its movements
WITH moved AS (
    SELECT movement.stock_no, lot.lot_code, sum(lot.on_hand) AS on_hand, sum(lot.set_aside) AS set_aside
    FROM lot_movement AS lot
    JOIN inventory_movement AS movement ON movement.movement_seq = lot.movement_seq
    GROUP BY movement.stock_no, lot.lot_code
),
named AS (
    SELECT stock_no, lot_code FROM stock_lot
    UNION
    SELECT stock_no, lot_code FROM moved
)
SELECT
    'lot ' || named.lot_code || ' of ' || balance.sku || ' at ' || balance.location_id AS subject,
    coalesce(held.on_hand, 0) AS found,
    coalesce(moved.on_hand, 0) AS expected,
    coalesce(held.set_aside, 0) AS set_aside,
    coalesce(moved.set_aside, 0) AS expected_set_aside,
    named.stock_no,
    named.lot_code
FROM named
JOIN stock_balance AS balance ON balance.stock_no = named.stock_no
LEFT JOIN stock_lot AS held ON held.stock_no = named.stock_no AND held.lot_code = named.lot_code
LEFT JOIN moved ON moved.stock_no = named.stock_no AND moved.lot_code = named.lot_code
WHERE coalesce(held.on_hand, 0) <> coalesce(moved.on_hand, 0)
   OR coalesce(held.set_aside, 0) <> coalesce(moved.set_aside, 0)
ORDER BY subject
