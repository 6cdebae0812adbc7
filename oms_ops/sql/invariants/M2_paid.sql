-- a refund given here is paid by transactions of its own state that add up to it
WITH paid AS (
    SELECT
        order_seq,
        reference,
        status,
        sum(amount_e4) AS amount_e4
    FROM payment_transaction
    WHERE kind = 'refund'
    GROUP BY order_seq, reference, status
)
SELECT
    'refund ' || given.refund_id AS subject,
    coalesce(paid.amount_e4, 0) AS found,
    given.amount_e4 AS expected
FROM refund AS given
LEFT JOIN paid
    ON paid.order_seq = given.order_seq AND paid.reference = given.refund_id AND paid.status = given.state
WHERE given.amount_e4 <> coalesce(paid.amount_e4, 0)
ORDER BY subject
