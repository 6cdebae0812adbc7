-- fresh: staged documents not known by content, each once, with their place in the landing.
CREATE OR REPLACE TEMP TABLE fresh AS
WITH due AS (
    SELECT rowid AS staged_id, channel_id, kind, external_id, content_hash, sent_at, file_id, line_no
    FROM staged_document
    WHERE sent_at <= getvariable('as_of')
),
first_copy AS (
    SELECT *
    FROM due
    QUALIFY row_number() OVER (
        PARTITION BY channel_id, kind, external_id, content_hash ORDER BY sent_at, file_id, line_no
    ) = 1
),
unknown AS (
    SELECT *
    FROM first_copy
    ANTI JOIN raw.document AS landed USING (content_hash, channel_id, kind, external_id)
)
SELECT
    staged_id,
    file_id,
    (SELECT coalesce(max(document_seq), 0) FROM raw.document)
        + row_number() OVER (ORDER BY sent_at, kind, external_id, content_hash, channel_id) AS document_seq
FROM unknown;
