-- The newest version of each row stands.
CREATE OR REPLACE TEMP TABLE judged AS
WITH good AS (
    SELECT *, ({{ columns }})::VARCHAR AS content FROM candidate WHERE refusal IS NULL
),
ranked AS (
    SELECT
        good.*,
        row_number() OVER (PARTITION BY {{ key }} ORDER BY sent_at DESC, document_seq DESC) AS age
    FROM good
)
SELECT
    ranked.*,
    CASE
        WHEN ranked.sent_at < standing.recorded_at THEN 'stale'
        WHEN age = 1 THEN 'base'
        ELSE 'overtaken'
    END AS fate
FROM ranked
LEFT JOIN {{ table }} AS standing USING ({{ key }});

INSERT INTO problem
SELECT document_seq, 20, 'stale', {{ key }} || ': older than the version already applied'
FROM judged
WHERE fate = 'stale';

DELETE FROM {{ table }} WHERE {{ key }} IN (SELECT {{ key }} FROM judged WHERE fate = 'base');

INSERT INTO {{ table }} BY NAME
SELECT {{ columns }}, sent_at AS recorded_at, document_seq
FROM judged
WHERE fate = 'base'
ORDER BY document_seq;
