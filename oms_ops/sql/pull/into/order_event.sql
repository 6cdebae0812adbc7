-- one event
INSERT INTO core.order_event
SELECT
    event_seq,
    order_id,
    event_kind,
    make_timestamptz(occurred_at) AS occurred_at,
    make_timestamptz(recorded_at) AS recorded_at,
    detail
FROM pulled_event
