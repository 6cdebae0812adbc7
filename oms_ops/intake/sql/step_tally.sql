-- Documents new or put right in this step, and new quarantine entries.
SELECT
    count(*) FILTER (NOT todo.is_retry OR verdict.document_seq IS NULL),
    count(*) FILTER (NOT todo.is_retry AND verdict.document_seq IS NOT NULL)
FROM todo
LEFT JOIN verdict USING (document_seq)
