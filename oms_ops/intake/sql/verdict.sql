-- verdict: the first problem of every document of this step that has one.
CREATE OR REPLACE TEMP TABLE verdict AS
SELECT
    problem.document_seq,
    arg_min(
        CASE WHEN reason_code = 'bad_value' AND feed.layout = 'csv' THEN 'bad_row' ELSE reason_code END,
        (rank, reason_code, reason)
    ) AS reason_code,
    arg_min(reason, (rank, reason_code, reason)) AS reason
FROM problem
INNER JOIN todo USING (document_seq)
INNER JOIN feed USING (channel_id, kind)
GROUP BY problem.document_seq;

