-- The files' own records: a version seen for the first time, or more of one begun before.
INSERT INTO raw.delivery_file BY NAME
SELECT
    file_id,
    channel_id,
    kind,
    path,
    size_bytes,
    modified_ns,
    document_count,
    duplicate_count,
    through AS landed_through,
    next_sent_at,
    now() AS landed_at,
    getvariable('run_id') AS run_id
FROM tally
WHERE is_new
ORDER BY file_id;

UPDATE raw.delivery_file AS known
SET
    document_count = known.document_count + tally.document_count,
    duplicate_count = known.duplicate_count + tally.duplicate_count,
    landed_through = tally.through,
    next_sent_at = tally.next_sent_at,
    landed_at = now(),
    run_id = getvariable('run_id')
FROM tally
WHERE tally.file_id = known.file_id AND NOT tally.is_new;
