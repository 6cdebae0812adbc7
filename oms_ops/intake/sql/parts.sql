-- single: halves of this feed that are read with their partner and have none yet.
CREATE OR REPLACE TEMP TABLE single AS
SELECT document_seq, sent_at, file_id, line_no, external_id
FROM raw.document AS landed
ANTI JOIN garbled USING (document_seq)
ANTI JOIN (
    SELECT external_id
    FROM raw.document
    WHERE channel_id = getvariable('channel_id') AND kind = getvariable('partner_kind')
        AND document_seq <= getvariable('through_seq')
) AS whole USING (external_id)
WHERE landed.channel_id = getvariable('channel_id') AND landed.kind = getvariable('kind') AND external_id <> ''
    AND landed.document_seq <= getvariable('through_seq');

-- They are given a day: their own time may be no more than the day of their file.
DELETE FROM todo
WHERE NOT is_retry AND document_seq IN (
    SELECT document_seq
    FROM single
    WHERE sent_at >= (SELECT max(sent_at) FROM raw.document WHERE document_seq <= getvariable('through_seq')) - INTERVAL 1 DAY
);

INSERT INTO todo
SELECT document_seq, getvariable('channel_id'), getvariable('kind'), external_id, sent_at, file_id, line_no, false
FROM single
WHERE sent_at < (SELECT max(sent_at) FROM raw.document WHERE document_seq <= getvariable('through_seq')) - INTERVAL 1 DAY
    AND document_seq NOT IN (SELECT document_seq FROM todo)
    AND document_seq NOT IN (SELECT document_seq FROM raw.quarantine WHERE document_seq IS NOT NULL);
