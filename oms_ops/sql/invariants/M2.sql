-- refunded is at most captured, except where a channel reported more and the event says so (over_captured)
WITH paid AS (
    SELECT
        order_seq,
        sum(CASE WHEN kind IN ('capture', 'sale') AND status = 'success' THEN amount_e4 ELSE 0 END) AS captured_e4,
        sum(CASE WHEN kind IN ('refund', 'chargeback') THEN amount_e4 ELSE 0 END) AS refunded_e4
    FROM payment_transaction
    WHERE status IN ('success', 'pending')
    GROUP BY order_seq
)
SELECT
    'refunded of order ' || header.order_id AS subject,
    paid.refunded_e4 AS found,
    paid.captured_e4 AS expected
FROM paid
JOIN "order" AS header ON header.order_seq = paid.order_seq
WHERE paid.refunded_e4 > paid.captured_e4
  AND NOT EXISTS (
      SELECT 1
      FROM order_event AS event
      WHERE event.order_seq = paid.order_seq
        AND event.event_kind = 'refunded'
        AND event.detail LIKE '%"over_captured"%'
  )
ORDER BY subject
