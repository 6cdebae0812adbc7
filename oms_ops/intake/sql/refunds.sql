-- candidate_refund: one refund document, typed, with the order it names.
CREATE OR REPLACE TEMP TABLE candidate_refund AS
WITH line_total AS (
    SELECT document_seq, max(known_at) AS skus_known_at FROM read_line GROUP BY document_seq
)
SELECT
    mapped.document_seq,
    todo.channel_id || ':' || todo.external_id AS refund_id,
    todo.channel_id,
    todo.external_id,
    todo.sent_at,
    CASE WHEN NOT coalesce(mapped.has_no_order, false) THEN todo.channel_id || ':' || trim(mapped.order_external_id) END
        AS order_id,
    header.order_id IS NOT NULL AS is_order_known,
    greatest(todo.sent_at, header.recorded_at, line_total.skus_known_at) AS recorded_at,
    coalesce(nullif(trim(mapped.customer_id), ''), header.customer_id) AS customer_id,
    coalesce(nullif(trim(mapped.country), ''), header.country) AS country,
    coalesce(upper(trim(mapped.currency)), header.currency) AS currency,
    instant(mapped.refunded_at) AS refunded_at
FROM mapped_refund AS mapped
INNER JOIN todo USING (document_seq)
LEFT JOIN core.order_header AS header ON header.order_id = todo.channel_id || ':' || trim(mapped.order_external_id)
LEFT JOIN line_total USING (document_seq);

INSERT INTO problem
SELECT mapped.document_seq, 3, 'incomplete', 'refund ' || refund_id || ': ' || missing
FROM mapped_refund AS mapped
INNER JOIN candidate_refund USING (document_seq)
WHERE missing IS NOT NULL
UNION ALL
SELECT
    document_seq,
    5,
    split_part(fault, ': ', 1),
    'refund ' || refund_id || ': ' || substring(fault, strpos(fault, ': ') + 2)
FROM (
    SELECT
        document_seq,
        candidate.refund_id,
        CASE
            WHEN mapped.absent IS NOT NULL THEN 'missing_field: ' || mapped.absent || ' is missing'
            WHEN mapped.conflict IS NOT NULL THEN 'bad_row: its rows disagree on ' || mapped.conflict
            WHEN coalesce(len(mapped.lines), 0) = 0 THEN 'missing_field: its lines are missing'
            WHEN mapped.refunded_at IS NULL THEN 'missing_field: the time of the refund is missing'
            WHEN candidate.refunded_at IS NULL THEN 'bad_value: ' || mapped.refunded_at || ' is not a time'
            WHEN candidate.refunded_at > candidate.sent_at + INTERVAL 1 DAY
                OR candidate.refunded_at < TIMESTAMPTZ '1990-01-01 00:00:00+00'
                THEN 'bad_value: refunded at ' || mapped.refunded_at || ', which cannot be when it was sent at '
                    || candidate.sent_at
            WHEN candidate.order_id IS NULL AND NOT coalesce(mapped.has_no_order, false)
                THEN 'missing_field: its order is missing'
            WHEN candidate.order_id IS NOT NULL AND NOT candidate.is_order_known
                THEN 'unknown_order: order ' || candidate.order_id || ' is not known'
            WHEN NOT list_contains(getvariable('currencies'), candidate.currency)
                THEN 'unknown_currency: ' || candidate.currency || '; allowed: '
                    || array_to_string(getvariable('currencies'), ', ')
        END AS fault
    FROM mapped_refund AS mapped
    INNER JOIN candidate_refund AS candidate USING (document_seq)
) AS checked
WHERE fault IS NOT NULL;

-- sold: the lines of the orders that are given back in this step.
CREATE OR REPLACE TEMP TABLE sold AS
SELECT order_id, line_id, line_no, sku, line_type
FROM core.order_line
WHERE document_seq IN (
    SELECT header.document_seq
    FROM core.order_header AS header
    SEMI JOIN candidate_refund USING (order_id)
);

-- settled_line: a refund's lines, each with the line of the order it gives back; by sku where the channel names no line.
CREATE OR REPLACE TEMP TABLE settled_line AS
WITH wanted AS (
    SELECT candidate.order_id, line.*
    FROM read_line AS line
    INNER JOIN candidate_refund AS candidate USING (document_seq)
    WHERE line.fault IS NULL AND candidate.document_seq NOT IN (SELECT document_seq FROM problem)
),
first_of_sku AS (
    SELECT order_id, sku, arg_min(line_id, line_no) AS line_id
    FROM sold
    GROUP BY order_id, sku
),
named AS (
    SELECT
        wanted.*,
        coalesce(wanted.order_line_id, CASE WHEN wanted.role = 'item' THEN first_of_sku.line_id END) AS sold_line_id
    FROM wanted
    LEFT JOIN first_of_sku USING (order_id, sku)
)
SELECT
    named.document_seq,
    named.line_no,
    named.order_id,
    named.order_line_id AS named_line_id,
    sold.line_id AS order_line_id,
    coalesce(nullif(named.sku, ''), sold.sku) AS sku,
    CASE WHEN coalesce(named.sku, '') = '' THEN sold.line_type ELSE named.line_type END AS line_type,
    named.quantity,
    named.unit_price,
    named.amount,
    named.restock_kind
FROM named
LEFT JOIN sold ON sold.order_id = named.order_id AND sold.line_id = named.sold_line_id;

INSERT INTO problem
SELECT
    document_seq,
    12,
    'unknown_order',
    'order ' || any_value(order_id) || ' has no line ' || coalesce(min(coalesce(named_line_id, 'with sku ' || sku)), 'without a name')
FROM settled_line
WHERE order_id IS NOT NULL AND order_line_id IS NULL AND line_type IS DISTINCT FROM 'adjustment'
GROUP BY document_seq
UNION ALL
SELECT document_seq, 12, 'missing_field', 'line ' || min(line_no) || ': sku is missing'
FROM settled_line
WHERE order_id IS NULL AND sku IS NULL
GROUP BY document_seq;

-- judged: the first readable version of a refund is the refund; another cannot change it.
CREATE OR REPLACE TEMP TABLE judged AS
WITH content AS (
    SELECT document_seq, list((order_line_id, sku, quantity, amount, restock_kind)::VARCHAR ORDER BY line_no) AS content
    FROM settled_line
    GROUP BY document_seq
),
arriving AS (
    SELECT candidate.*, content.content
    FROM candidate_refund AS candidate
    INNER JOIN content USING (document_seq)
    WHERE document_seq NOT IN (SELECT document_seq FROM problem)
),
standing AS (
    SELECT
        refund.refund_id,
        any_value(document.sent_at) AS sent_at,
        list((order_line_id, sku, quantity, amount, restock_kind)::VARCHAR ORDER BY refund_line.line_no) AS content
    FROM core.refund
    INNER JOIN core.refund_line USING (refund_id)
    INNER JOIN raw.document ON document.document_seq = refund.document_seq
    WHERE refund.refund_id IN (SELECT refund_id FROM arriving)
    GROUP BY refund.refund_id
),
ordered AS (
    SELECT
        arriving.*,
        standing.refund_id IS NULL AND row_number() OVER versions = 1 AS is_base,
        coalesce(standing.content, first_value(arriving.content) OVER versions) AS base_content,
        coalesce(standing.sent_at, first_value(arriving.sent_at) OVER versions) AS base_sent_at
    FROM arriving
    LEFT JOIN standing USING (refund_id)
    WINDOW versions AS (PARTITION BY refund_id ORDER BY recorded_at, arriving.sent_at, document_seq)
)
SELECT
    *,
    CASE
        WHEN is_base THEN 'base'
        WHEN content = base_content THEN 'same'
        WHEN sent_at < base_sent_at THEN 'stale'
        ELSE 'changed'
    END AS fate
FROM ordered;

INSERT INTO problem
SELECT
    document_seq,
    20,
    CASE fate WHEN 'stale' THEN 'stale' ELSE 'changed_document' END,
    'refund ' || refund_id || ': ' || CASE fate
        WHEN 'stale' THEN 'older than the version already applied'
        ELSE 'this version differs from the one applied; a refund cannot change'
    END
FROM judged
WHERE fate IN ('stale', 'changed');

INSERT INTO core.refund BY NAME
SELECT
    refund_id,
    channel_id,
    external_id,
    order_id,
    customer_id,
    country,
    refunded_at,
    timezone(getvariable('shop_zone'), refunded_at)::DATE AS business_date,
    recorded_at,
    document_seq
FROM judged
WHERE fate = 'base'
ORDER BY document_seq;

INSERT INTO core.refund_line BY NAME
SELECT
    judged.refund_id,
    line.line_no,
    line.order_line_id,
    line.sku,
    line.line_type,
    line.quantity,
    line.unit_price,
    line.amount,
    line.restock_kind,
    judged.recorded_at,
    judged.document_seq
FROM settled_line AS line
INNER JOIN judged USING (document_seq)
WHERE judged.fate = 'base'
ORDER BY judged.document_seq, line.line_no;

INSERT INTO fact
SELECT 'refund', 5, refund_id, recorded_at, document_seq FROM judged WHERE fate = 'base';
