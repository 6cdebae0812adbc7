-- The first readable version of each row is the fact; another cannot change it.
CREATE OR REPLACE TEMP TABLE judged AS
WITH good AS (
    SELECT *, ({{ columns }})::VARCHAR AS content FROM candidate WHERE refusal IS NULL
),
standing AS (
    SELECT fact.{{ key }}, ({{ fact_columns }})::VARCHAR AS content, document.sent_at
    FROM {{ table }} AS fact
    INNER JOIN raw.document ON document.document_seq = fact.document_seq
    WHERE fact.{{ key }} IN (SELECT {{ key }} FROM good)
),
ordered AS (
    SELECT
        good.*,
        standing.{{ key }} IS NULL AND row_number() OVER versions = 1 AS is_base,
        coalesce(standing.content, first_value(good.content) OVER versions) AS base_content,
        coalesce(standing.sent_at, first_value(good.sent_at) OVER versions) AS base_sent_at
    FROM good
    LEFT JOIN standing USING ({{ key }})
    WINDOW versions AS (PARTITION BY good.{{ key }} ORDER BY recorded_at, good.sent_at, document_seq)
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
    CASE fate
        WHEN 'stale' THEN {{ key }} || ': older than the version already applied'
        ELSE {{ key }} || ': this version differs from the one applied; it cannot change'
    END
FROM judged
WHERE fate IN ('stale', 'changed');

INSERT INTO {{ table }} BY NAME
SELECT {{ columns }}, recorded_at, document_seq
FROM judged
WHERE fate = 'base'
ORDER BY document_seq;
