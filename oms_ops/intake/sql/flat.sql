-- typed: one row per document, in the types of its contract; `fault` is the first column that does not fit.
CREATE OR REPLACE TEMP TABLE typed AS
SELECT
    mapped.document_seq,
    {{ casts }},
    {{ fault }} AS fault
FROM mapped;

INSERT INTO problem
SELECT document_seq, 5, split_part(fault, ': ', 1), substring(fault, strpos(fault, ': ') + 2)
FROM typed
WHERE fault IS NOT NULL;

-- candidate: typed rows with what they refer to; recorded once the last of it is known.
CREATE OR REPLACE TEMP TABLE candidate AS
SELECT
    typed.*,
    todo.sent_at,
    greatest({{ known }}) AS recorded_at,
    {{ checks }} AS refusal
FROM typed
INNER JOIN todo USING (document_seq)
{{ joins }}
WHERE typed.fault IS NULL;

INSERT INTO problem
SELECT document_seq, 10, split_part(refusal, ': ', 1), substring(refusal, strpos(refusal, ': ') + 2)
FROM candidate
WHERE refusal IS NOT NULL;
