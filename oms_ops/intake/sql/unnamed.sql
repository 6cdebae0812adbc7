-- Documents of one feed whose id could not be read.
SELECT document_seq, body
FROM raw.document
SEMI JOIN todo USING (document_seq)
WHERE channel_id = getvariable('channel_id') AND kind = getvariable('kind') AND external_id = ''
ORDER BY document_seq
