-- csv_row: the rows of one feed's documents by column name. A document with a row of another width is no document.
CREATE OR REPLACE TEMP TABLE csv_row AS
WITH split AS (
    SELECT document_seq, split_part(body, chr(10), 1) AS header, csv_lines(body)[2:] AS lines
    FROM document
),
row_text AS (
    SELECT document_seq, header, generate_subscripts(lines, 1) AS row_no, unnest(lines) AS line
    FROM split
),
opened AS (
    SELECT document_seq, header, row_no, csv_fields(line) AS field
    FROM row_text
)
SELECT document_seq, row_no, len(field) AS field_count, csv_header.width, {{ names }}
FROM opened
INNER JOIN csv_header USING (header);

INSERT INTO problem
SELECT
    document_seq,
    1,
    'bad_row',
    'row ' || min(row_no) || ' of the document has ' || arg_min(field_count, row_no) || ' fields; the header names '
        || any_value(width)
FROM csv_row
WHERE field_count <> width
GROUP BY document_seq;

DELETE FROM csv_row WHERE document_seq IN (SELECT document_seq FROM problem);
