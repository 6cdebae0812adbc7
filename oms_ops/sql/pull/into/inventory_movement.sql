-- one movement, its numbers replaced by what they stand for
INSERT INTO core.inventory_movement
SELECT
    movement.movement_seq,
    place.sku,
    place.location_id,
    kind.kind,
    movement.quantity,
    posting.order_id,
    movement.line_id,
    posting.reference,
    posting.reason,
    make_timestamptz(posting.occurred_at) AS occurred_at,
    make_timestamptz(posting.recorded_at) AS recorded_at
FROM pulled_movement AS movement
JOIN pulled_posting AS posting ON posting.posting_seq = movement.posting_seq
JOIN pulled_place AS place ON place.stock_no = movement.stock_no
JOIN pulled_kind AS kind ON kind.kind_no = movement.kind_no
