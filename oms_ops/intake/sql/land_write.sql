-- The new documents, verbatim.
INSERT INTO raw.document BY NAME
SELECT
    fresh.document_seq,
    staged.channel_id,
    staged.kind,
    staged.external_id,
    staged.content_hash,
    staged.sent_at,
    staged.body,
    staged.file_id,
    staged.line_no,
    getvariable('run_id') AS run_id
FROM staged_document AS staged
INNER JOIN fresh ON fresh.staged_id = staged.rowid;
