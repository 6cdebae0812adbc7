-- The accepted versions to the canonical tables.
INSERT INTO core.order_header BY NAME
SELECT
    order_id,
    channel_id,
    external_id,
    order_number,
    customer_id,
    country,
    currency,
    placed_at,
    timezone(getvariable('shop_zone'), placed_at)::DATE AS business_date,
    is_test,
    promised_ship_by,
    promised_deliver_by,
    recorded_at,
    document_seq
FROM judged
WHERE fate = 'base'
ORDER BY document_seq;

INSERT INTO core.order_line BY NAME
SELECT
    judged.order_id,
    line.line_id,
    line.line_no,
    line.sku,
    line.title,
    line.line_type,
    line.adjustment_kind,
    line.quantity,
    line.unit_price,
    line.amount,
    judged.recorded_at,
    judged.document_seq
FROM read_line AS line
INNER JOIN judged USING (document_seq)
WHERE judged.fate = 'base'
ORDER BY judged.document_seq, line.line_no;

CREATE OR REPLACE TEMP TABLE new_cancellation AS
SELECT order_id, canceled_at, cancel_reason, recorded_at, document_seq
FROM judged
WHERE fate IN ('base', 'same') AND canceled_at IS NOT NULL
    AND order_id NOT IN (SELECT order_id FROM core.order_cancellation)
QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY version_no) = 1;

INSERT INTO core.order_cancellation BY NAME
SELECT order_id, canceled_at, cancel_reason, recorded_at, document_seq FROM new_cancellation ORDER BY document_seq;

INSERT INTO staging.order_version
SELECT order_id, document_seq, coalesce(version_at, TIMESTAMPTZ '-infinity')
FROM judged
WHERE fate IN ('base', 'same');

INSERT INTO fact
SELECT 'order', 4, order_id, recorded_at, document_seq FROM judged WHERE fate = 'base'
UNION ALL
SELECT 'cancellation', 6, order_id, recorded_at, document_seq FROM new_cancellation;

-- Give back the memory of the orders.
DROP TABLE mapped_order;
DROP TABLE read_line;
