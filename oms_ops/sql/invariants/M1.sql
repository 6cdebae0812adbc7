-- captured is at most what was authorized, per authorization and per order; what is on its way counts
WITH drawn AS (
    SELECT
        parent_seq,
        sum(amount_e4) AS amount_e4
    FROM payment_transaction
    WHERE kind IN ('capture', 'void', 'expiration') AND status IN ('success', 'pending') AND parent_seq IS NOT NULL
    GROUP BY parent_seq
),
held AS (
    SELECT
        order_seq,
        sum(CASE WHEN kind = 'authorization' AND status = 'success' THEN amount_e4 ELSE 0 END) AS authorized_e4,
        sum(CASE WHEN kind = 'capture' AND status IN ('success', 'pending') THEN amount_e4 ELSE 0 END) AS captured_e4
    FROM payment_transaction
    WHERE kind IN ('authorization', 'capture')
    GROUP BY order_seq
)
SELECT
    'authorization ' || coalesce(paid.reference, '') || ' of order ' || header.order_id AS subject,
    drawn.amount_e4 AS found,
    paid.amount_e4 AS expected
FROM drawn
JOIN payment_transaction AS paid ON paid.payment_seq = drawn.parent_seq
JOIN "order" AS header ON header.order_seq = paid.order_seq
WHERE drawn.amount_e4 > paid.amount_e4 OR paid.kind <> 'authorization' OR paid.status <> 'success'
UNION ALL
SELECT
    'captured of order ' || header.order_id AS subject,
    held.captured_e4 AS found,
    held.authorized_e4 AS expected
FROM held
JOIN "order" AS header ON header.order_seq = held.order_seq
WHERE held.captured_e4 > held.authorized_e4
ORDER BY subject
