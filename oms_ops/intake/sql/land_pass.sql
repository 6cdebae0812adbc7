-- How far this pass went.
INSERT INTO staging.landing
SELECT max(document_seq), coalesce(sum(strlen(body)), 0)::BIGINT
FROM fresh
INNER JOIN staged_document ON staged_document.rowid = fresh.staged_id
HAVING count(*) > 0;
