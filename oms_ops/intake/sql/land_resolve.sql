-- A file that was put right: its own fault is gone, and so are broken documents that no longer stand in it.
UPDATE raw.quarantine AS entry
SET status = 'resolved'
FROM reading
WHERE entry.status = 'open' AND entry.path = reading.path AND entry.document_seq IS NULL;

UPDATE raw.quarantine
SET status = 'resolved'
WHERE status = 'open' AND document_seq IN (
    SELECT document.document_seq
    FROM raw.document AS document
    INNER JOIN raw.delivery_file AS origin ON origin.file_id = document.file_id
    INNER JOIN reading ON reading.path = origin.path AND reading.is_new
    ANTI JOIN staged_document AS staged
        ON staged.file_id = reading.file_id AND staged.content_hash = document.content_hash
    WHERE document.external_id = ''
);
