-- What this step found out about every document, into quarantine or out of it; and its facts into the stream.
UPDATE raw.quarantine AS entry
SET
    reason_code = verdict.reason_code,
    reason = verdict.reason,
    status = CASE WHEN verdict.reason_code = 'stale' THEN 'resolved' ELSE 'open' END
FROM verdict
INNER JOIN todo USING (document_seq)
WHERE entry.document_seq = todo.document_seq AND entry.status = 'open' AND todo.is_retry;

UPDATE raw.quarantine AS entry
SET status = 'resolved'
FROM todo
WHERE entry.document_seq = todo.document_seq AND entry.status = 'open' AND todo.is_retry
    AND todo.document_seq NOT IN (SELECT document_seq FROM verdict);

-- A better version of the same thing has been accepted since.
UPDATE raw.quarantine
SET status = 'resolved'
WHERE status = 'open' AND quarantine_id IN (
    SELECT entry.quarantine_id
    FROM raw.quarantine AS entry
    INNER JOIN feed USING (channel_id, kind)
    INNER JOIN feed AS sibling ON sibling.channel_id = feed.channel_id AND sibling.fact = feed.fact
    INNER JOIN todo
        ON todo.channel_id = entry.channel_id AND todo.kind = sibling.kind AND todo.external_id = entry.external_id
        AND todo.sent_at >= entry.sent_at AND todo.document_seq <> entry.document_seq
    WHERE entry.status = 'open' AND entry.external_id <> ''
        AND todo.document_seq NOT IN (SELECT document_seq FROM verdict)
);

INSERT INTO raw.quarantine BY NAME
SELECT
    (SELECT coalesce(max(quarantine_id), 0) FROM raw.quarantine)
        + row_number() OVER (ORDER BY todo.document_seq) AS quarantine_id,
    todo.document_seq,
    todo.channel_id,
    todo.kind,
    todo.external_id,
    origin.path,
    todo.line_no,
    verdict.reason_code,
    verdict.reason,
    todo.sent_at,
    CASE WHEN verdict.reason_code = 'stale' THEN 'resolved' ELSE 'open' END AS status,
    getvariable('run_id') AS run_id
FROM verdict
INNER JOIN todo USING (document_seq)
INNER JOIN raw.delivery_file AS origin USING (file_id)
WHERE NOT todo.is_retry;

INSERT INTO core.intake_fact BY NAME
SELECT
    (SELECT coalesce(max(apply_seq), 0) FROM core.intake_fact)
        + row_number() OVER (ORDER BY recorded_at, rank, fact_id) AS apply_seq,
    fact_kind,
    fact_id,
    recorded_at,
    document_seq
FROM fact
ORDER BY apply_seq;

INSERT INTO staging.interpreted
SELECT getvariable('through_seq'), getvariable('run_id')
WHERE getvariable('through_seq') > getvariable('after_seq');
