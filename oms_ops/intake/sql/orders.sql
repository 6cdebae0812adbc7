-- candidate_order: one version of one order, typed. It can be recorded once the last thing it needs is known.
CREATE OR REPLACE TEMP TABLE candidate_order AS
WITH line_total AS (
    SELECT
        document_seq,
        max(known_at) AS skus_known_at,
        bool_and(line_type = 'test') AS is_all_test
    FROM read_line
    GROUP BY document_seq
)
SELECT
    mapped.document_seq,
    todo.channel_id || ':' || todo.external_id AS order_id,
    todo.channel_id,
    todo.external_id,
    todo.sent_at,
    CASE WHEN NOT feed.is_part THEN todo.sent_at END AS version_at,
    greatest(todo.sent_at, mapped.partner_sent_at, line_total.skus_known_at) AS recorded_at,
    coalesce(mapped.order_number, todo.external_id) AS order_number,
    nullif(trim(mapped.customer_id), '') AS customer_id,
    nullif(trim(mapped.country), '') AS country,
    upper(trim(mapped.currency)) AS currency,
    instant(mapped.placed_at) AS placed_at,
    coalesce(mapped.is_test = 'true' OR line_total.is_all_test, false) AS is_test,
    coalesce(instant(mapped.promised_ship_by), instant(mapped.placed_at) + to_days(promise.ship_days))
        AS promised_ship_by,
    coalesce(
        instant(mapped.promised_deliver_by), instant(mapped.placed_at) + to_days(promise.deliver_days)
    ) AS promised_deliver_by,
    instant(mapped.canceled_at) AS canceled_at,
    CASE
        WHEN mapped.cancel_reason IN ('customer', 'fraud', 'inventory', 'declined', 'expired', 'staff')
            THEN mapped.cancel_reason
        ELSE 'other'
    END AS cancel_reason
FROM mapped_order AS mapped
INNER JOIN todo USING (document_seq)
INNER JOIN feed USING (channel_id, kind)
LEFT JOIN promise USING (channel_id)
LEFT JOIN line_total USING (document_seq);

INSERT INTO problem
SELECT mapped.document_seq, 3, 'incomplete', 'order ' || order_id || ': ' || missing
FROM mapped_order AS mapped
INNER JOIN candidate_order USING (document_seq)
WHERE missing IS NOT NULL
UNION ALL
SELECT
    document_seq,
    5,
    split_part(fault, ': ', 1),
    'order ' || order_id || ': ' || substring(fault, strpos(fault, ': ') + 2)
FROM (
    SELECT
        document_seq,
        order_id,
        CASE
            WHEN mapped.absent IS NOT NULL THEN 'missing_field: ' || mapped.absent || ' is missing'
            WHEN mapped.conflict IS NOT NULL THEN 'bad_row: its rows disagree on ' || mapped.conflict
            WHEN coalesce(len(mapped.lines), 0) = 0 THEN 'missing_field: its lines are missing'
            WHEN mapped.placed_at IS NULL THEN 'missing_field: the time it was placed is missing'
            WHEN typed.placed_at IS NULL THEN 'bad_value: ' || mapped.placed_at || ' is not a time'
            WHEN typed.placed_at > typed.sent_at + INTERVAL 1 DAY
                OR typed.placed_at < TIMESTAMPTZ '1990-01-01 00:00:00+00'
                THEN 'bad_value: placed at ' || mapped.placed_at || ', which cannot be when it was sent at ' || typed.sent_at
            WHEN mapped.canceled_at IS NOT NULL AND typed.canceled_at IS NULL
                THEN 'bad_value: ' || mapped.canceled_at || ' is not a time'
            WHEN typed.canceled_at < typed.placed_at
                THEN 'bad_value: canceled at ' || mapped.canceled_at || ', before it was placed'
            WHEN typed.country IS NULL THEN 'missing_field: the country is missing'
            WHEN coalesce(typed.currency, '') = '' THEN 'missing_field: the currency is missing'
            WHEN NOT list_contains(getvariable('currencies'), typed.currency)
                THEN 'unknown_currency: ' || typed.currency || '; allowed: '
                    || array_to_string(getvariable('currencies'), ', ')
        END AS fault
    FROM mapped_order AS mapped
    INNER JOIN candidate_order AS typed USING (document_seq)
) AS checked
WHERE fault IS NOT NULL;

INSERT INTO problem
SELECT document_seq, 8, 'bad_value', 'order ' || any_value(order_id) || ': line id ' || line_id || ' stands twice'
FROM read_line
INNER JOIN candidate_order USING (document_seq)
WHERE line_id IS NOT NULL
GROUP BY document_seq, line_id
HAVING count(*) > 1;
