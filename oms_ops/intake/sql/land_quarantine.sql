-- Documents that are not UTF-8; a row kept of them is not what was sent, so they are not interpreted.
INSERT INTO raw.quarantine BY NAME
SELECT
    (SELECT coalesce(max(quarantine_id), 0) FROM raw.quarantine)
        + row_number() OVER (ORDER BY fresh.document_seq) AS quarantine_id,
    fresh.document_seq,
    staged.channel_id,
    staged.kind,
    staged.external_id,
    reading.path,
    staged.line_no,
    'bad_encoding' AS reason_code,
    staged.fault || '; UTF-8 is expected' AS reason,
    staged.sent_at,
    'open' AS status,
    getvariable('run_id') AS run_id
FROM staged_document AS staged
INNER JOIN fresh ON fresh.staged_id = staged.rowid
INNER JOIN reading ON reading.file_id = staged.file_id
WHERE staged.fault IS NOT NULL;
