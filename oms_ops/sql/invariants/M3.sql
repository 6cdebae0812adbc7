-- what refunds given here say of a line is at most its amount and units, and is in the line's own sum
WITH given AS (
    SELECT
        refund.order_seq,
        refund_line.line_no,
        sum(refund_line.amount_e4) AS amount_e4,
        sum(refund_line.units) AS units
    FROM refund_line
    JOIN refund ON refund.refund_id = refund_line.refund_id
    WHERE refund.state IN ('success', 'pending')
    GROUP BY refund.order_seq, refund_line.line_no
),
surcharge AS (
    SELECT
        order_seq,
        sum(quantity * unit_price_e4) AS amount_e4
    FROM order_line
    WHERE line_type = 'adjustment' AND unit_price_e4 > 0
    GROUP BY order_seq
)
SELECT
    'line ' || line.line_id || ' of order ' || header.order_id AS subject,
    given.amount_e4 AS found,
    line.refunded_e4 AS expected
FROM given
JOIN order_line AS line ON line.order_seq = given.order_seq AND line.line_no = given.line_no
JOIN "order" AS header ON header.order_seq = given.order_seq
LEFT JOIN surcharge ON surcharge.order_seq = given.order_seq
WHERE given.amount_e4 > line.refunded_e4
   OR given.amount_e4 > line.quantity * line.unit_price_e4 + coalesce(surcharge.amount_e4, 0)
   OR given.units > line.refunded_units
   OR given.units > line.quantity
ORDER BY subject
