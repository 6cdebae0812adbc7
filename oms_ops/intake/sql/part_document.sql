-- document: of halves that are read with their partner, those that are more than that: a second version, or one alone.
CREATE OR REPLACE TEMP TABLE taken AS
SELECT arg_min(landed.document_seq, (landed.sent_at, landed.document_seq)) AS document_seq
FROM raw.document AS landed
ANTI JOIN garbled USING (document_seq)
SEMI JOIN first_partner USING (external_id)
WHERE landed.channel_id = getvariable('channel_id') AND landed.kind = getvariable('kind')
    AND landed.document_seq <= getvariable('through_seq')
GROUP BY landed.external_id;

CREATE OR REPLACE TEMP VIEW document AS
SELECT document_seq, landed.kind, external_id, landed.sent_at, body
FROM raw.document AS landed
SEMI JOIN todo USING (document_seq)
ANTI JOIN taken USING (document_seq)
WHERE landed.channel_id = getvariable('channel_id') AND landed.kind = getvariable('kind') AND external_id <> '';
