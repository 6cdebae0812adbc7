-- document: the bodies of one feed in this step, for its mapping.
CREATE OR REPLACE TEMP VIEW document AS
SELECT document_seq, kind, external_id, sent_at, body
FROM raw.document
ANTI JOIN garbled USING (document_seq)
WHERE channel_id = getvariable('channel_id') AND kind = getvariable('kind') AND external_id <> ''
    AND document_seq > getvariable('after_seq') AND document_seq <= getvariable('through_seq')
UNION ALL
SELECT document_seq, kind, external_id, sent_at, body
FROM raw.document
SEMI JOIN retry USING (document_seq)
WHERE channel_id = getvariable('channel_id') AND kind = getvariable('kind') AND external_id <> '';
