-- applied: the newest word accepted so far on each order of this step.
CREATE OR REPLACE TEMP TABLE applied AS
SELECT order_id, max(order_version.version_at) AS version_at
FROM staging.order_version
SEMI JOIN candidate_order USING (order_id)
GROUP BY order_id;

INSERT INTO problem
SELECT
    document_seq,
    -1,
    'stale',
    'order ' || order_id || ': sent at ' || candidate.version_at || ', older than the version of ' || applied.version_at
        || ' already applied'
FROM candidate_order AS candidate
INNER JOIN applied USING (order_id)
WHERE candidate.version_at < applied.version_at;

-- good_order: versions without a problem, in the order in which they became readable.
CREATE OR REPLACE TEMP TABLE good_order AS
SELECT
    candidate.*,
    row_number() OVER (
        PARTITION BY order_id ORDER BY candidate.recorded_at, candidate.version_at, document_seq
    ) AS version_no,
    count(*) OVER (PARTITION BY order_id) AS version_count,
    applied.order_id IS NOT NULL AS is_known
FROM candidate_order AS candidate
LEFT JOIN applied USING (order_id)
WHERE document_seq NOT IN (SELECT document_seq FROM problem);

-- order_content: what must not change from version to version, for orders of which there is more than one.
CREATE OR REPLACE TEMP TABLE order_content AS
WITH contested AS (
    SELECT * FROM good_order WHERE version_count > 1 OR is_known
),
arriving AS (
    SELECT
        document_seq,
        list((line_id, sku, quantity, amount)::VARCHAR ORDER BY line_id) AS lines
    FROM read_line
    SEMI JOIN contested USING (document_seq)
    GROUP BY document_seq
),
standing AS (
    SELECT
        order_id,
        list((line_id, sku, quantity, amount)::VARCHAR ORDER BY line_id) AS lines
    FROM core.order_line
    WHERE order_id IN (SELECT order_id FROM contested WHERE is_known)
    GROUP BY order_id
)
SELECT
    order_id,
    document_seq,
    (placed_at, currency, country, customer_id, lines)::VARCHAR AS content
FROM contested
INNER JOIN arriving USING (document_seq)
UNION ALL
SELECT
    order_id,
    NULL,
    (placed_at, currency, country, customer_id, lines)::VARCHAR
FROM core.order_header
INNER JOIN standing USING (order_id);

-- judged: the fate of every good version. The first makes the order, a later one may cancel it or say nothing new.
CREATE OR REPLACE TEMP TABLE judged AS
WITH base AS (
    SELECT order_id, content FROM order_content WHERE document_seq IS NULL
    UNION ALL
    SELECT order_id, content
    FROM order_content
    INNER JOIN good_order USING (order_id, document_seq)
    WHERE version_no = 1 AND NOT is_known
),
compared AS (
    SELECT
        good_order.*,
        version_no = 1 AND NOT is_known AS is_base,
        order_content.content IS NOT DISTINCT FROM base.content AS is_same,
        applied.version_at AS applied_at
    FROM good_order
    LEFT JOIN order_content ON order_content.document_seq = good_order.document_seq
    LEFT JOIN base ON base.order_id = good_order.order_id
    LEFT JOIN applied ON applied.order_id = good_order.order_id
),
overtaken AS (
    SELECT
        *,
        greatest(applied_at, max(version_at) FILTER (is_same) OVER (
            PARTITION BY order_id ORDER BY version_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )) AS newest_at
    FROM compared
)
SELECT
    *,
    CASE
        WHEN is_base THEN 'base'
        WHEN version_at < newest_at THEN 'stale'
        WHEN is_same THEN 'same'
        ELSE 'changed'
    END AS fate
FROM overtaken;

INSERT INTO problem
SELECT
    document_seq,
    20,
    CASE fate WHEN 'stale' THEN 'stale' ELSE 'changed_order' END,
    CASE fate
        WHEN 'stale' THEN 'order ' || order_id || ': sent at ' || version_at || ', older than the version of ' || newest_at
            || ' already applied'
        ELSE 'order ' || order_id || ': this version has other lines, customer or country than the one applied; '
            || 'only a cancellation can follow an order'
    END
FROM judged
WHERE fate IN ('stale', 'changed');
