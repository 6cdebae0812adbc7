-- partner: the first document of the other half, for every document of this feed in this step.
CREATE OR REPLACE TEMP TABLE first_partner AS
SELECT external_id, arg_min(document_seq, (sent_at, document_seq)) AS document_seq
FROM raw.document
ANTI JOIN garbled USING (document_seq)
WHERE channel_id = getvariable('channel_id') AND kind = getvariable('partner_kind')
    AND document_seq <= getvariable('through_seq')
    AND external_id IN (
        SELECT external_id
        FROM todo
        WHERE channel_id = getvariable('channel_id') AND kind = getvariable('kind') AND external_id <> ''
    )
GROUP BY external_id;

CREATE OR REPLACE TEMP VIEW partner AS
SELECT landed.external_id, landed.sent_at, landed.body
FROM raw.document AS landed
INNER JOIN first_partner USING (document_seq)
WHERE landed.channel_id = getvariable('channel_id') AND landed.kind = getvariable('partner_kind');
