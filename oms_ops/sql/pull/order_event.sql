-- one event of a range of the book's history
SELECT
    event.event_seq,
    placed.order_id,
    event.event_kind,
    event.occurred_at,
    event.recorded_at,
    event.detail
FROM order_event AS event
JOIN "order" AS placed ON placed.order_seq = event.order_seq
WHERE event.event_seq > :low AND event.event_seq <= :high
ORDER BY event.event_seq
