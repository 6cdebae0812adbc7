-- What was read from each file in this pass.
CREATE OR REPLACE TEMP TABLE tally AS
WITH staged AS (
    SELECT
        file_id,
        count(*) FILTER (sent_at <= getvariable('as_of')) AS document_count,
        min(sent_at) FILTER (sent_at > getvariable('as_of')) AS next_sent_at
    FROM staged_document
    GROUP BY file_id
),
kept AS (
    SELECT file_id, count(*) AS fresh_count FROM fresh GROUP BY file_id
)
SELECT
    reading.*,
    coalesce(staged.document_count, 0) AS document_count,
    coalesce(staged.document_count, 0) - coalesce(kept.fresh_count, 0) AS duplicate_count,
    staged.next_sent_at,
    CASE WHEN staged.next_sent_at IS NOT NULL THEN getvariable('as_of') END AS through
FROM reading
LEFT JOIN staged USING (file_id)
LEFT JOIN kept USING (file_id);
