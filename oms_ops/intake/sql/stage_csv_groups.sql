-- CSV rows to staged documents: the rows of one id and one edition are a document, below the file's header.
-- A row whose time cannot be read belongs to the other rows of its id.
INSERT INTO staged_document
WITH split AS (
    SELECT file_id, fault, first_line, CASE WHEN is_record THEN [text] ELSE string_split(text, chr(10)) END AS texts
    FROM part
),
line AS (
    SELECT file_id, fault, first_line + generate_subscripts(texts, 1) - 1 AS at_line, rtrim(unnest(texts), chr(13)) AS whole_row
    FROM split
),
opened AS (
    SELECT file_id, fault, at_line, whole_row, csv_fields(whole_row) AS field
    FROM line
    WHERE trim(whole_row) <> ''
),
named AS (
    SELECT file_id, fault, at_line, whole_row, len(field) = csv_header.width AS is_whole, {{ names }}
    FROM opened
    INNER JOIN reading USING (file_id)
    INNER JOIN csv_header USING (header)
),
keyed AS (
    SELECT
        file_id,
        fault,
        at_line,
        whole_row,
        coalesce(trim({{ external_id }}), '') AS external_id,
        CASE WHEN is_whole AND instant({{ sent_at }}) IS NOT NULL
            THEN {'said_at': instant({{ sent_at }}), 'version': {{ version }}} END AS edition
    FROM named
),
dated AS (
    SELECT
        *,
        coalesce(edition, max(edition) OVER (PARTITION BY file_id, external_id)) AS whole_edition
    FROM keyed
),
grouped AS (
    SELECT
        file_id,
        external_id,
        whole_edition.said_at AS said_at,
        min(fault) AS fault,
        min(at_line) AS first_line,
        string_agg(whole_row, chr(10) ORDER BY at_line) AS rows
    FROM dated
    GROUP BY file_id, external_id, whole_edition
),
document AS (
    SELECT
        grouped.*,
        reading.header || chr(10) || rows AS body,
        coalesce(said_at, reading.day) AS sent_at,
        reading.landed_through
    FROM grouped
    INNER JOIN reading USING (file_id)
)
SELECT
    getvariable('channel_id'),
    getvariable('kind'),
    CASE WHEN sent_at <= getvariable('as_of') THEN external_id END,
    CASE WHEN sent_at <= getvariable('as_of') THEN fingerprint(body, fault) END,
    sent_at,
    CASE WHEN sent_at <= getvariable('as_of') THEN body END,
    file_id,
    first_line,
    fault
FROM document
WHERE landed_through IS NULL OR sent_at > landed_through
