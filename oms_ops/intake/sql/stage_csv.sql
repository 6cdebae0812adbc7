-- CSV rows to staged documents: a row is a document, below the file's header.
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
dated AS (
    SELECT
        file_id,
        fault,
        at_line,
        reading.header || chr(10) || whole_row AS body,
        coalesce(trim({{ external_id }}), '') AS external_id,
        coalesce(instant({{ sent_at }}), reading.day) AS sent_at,
        reading.landed_through
    FROM named
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
    at_line,
    fault
FROM dated
WHERE landed_through IS NULL OR sent_at > landed_through
