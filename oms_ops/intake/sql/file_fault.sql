-- A file that cannot be used as a whole.
INSERT INTO raw.quarantine BY NAME
SELECT
    (SELECT coalesce(max(quarantine_id), 0) + 1 FROM raw.quarantine) AS quarantine_id,
    NULL AS document_seq,
    $1 AS channel_id,
    $2 AS kind,
    '' AS external_id,
    $3 AS path,
    NULL AS line_no,
    $4 AS reason_code,
    $5 AS reason,
    $6 AS sent_at,
    'open' AS status,
    getvariable('run_id') AS run_id
