-- Documents of one feed in which a required field was found missing.
SELECT document_seq, body
FROM raw.document
SEMI JOIN (FROM verdict WHERE reason_code = 'missing_field') AS verdict USING (document_seq)
WHERE channel_id = getvariable('channel_id') AND kind = getvariable('kind') AND external_id <> ''
ORDER BY document_seq
