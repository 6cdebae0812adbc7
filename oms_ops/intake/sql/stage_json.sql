-- Lines to staged documents: a line is a document; its id and time are read without interpreting it.
INSERT INTO staged_document
WITH split AS (
    SELECT file_id, fault, first_line, CASE WHEN is_record THEN [text] ELSE string_split(text, chr(10)) END AS texts
    FROM part
),
line AS (
    SELECT file_id, fault, first_line + generate_subscripts(texts, 1) - 1 AS line_no, unnest(texts) AS text
    FROM split
),
document AS (
    SELECT file_id, fault, line_no, rtrim(text, chr(13)) AS body
    FROM line
    WHERE ltrim(text, ' ' || chr(9) || chr(13)) <> ''
),
opened AS (
    SELECT *, CASE WHEN json_valid(body) THEN json_extract_string(body, {{ paths }}) END AS found
    FROM document
),
named AS (
    SELECT file_id, fault, line_no, body, {{ names }}
    FROM opened
),
dated AS (
    SELECT
        file_id,
        fault,
        line_no,
        body,
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
    line_no,
    fault
FROM dated
WHERE landed_through IS NULL OR sent_at > landed_through
