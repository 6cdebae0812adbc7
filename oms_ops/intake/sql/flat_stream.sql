-- The new rows as facts for the order book.
INSERT INTO fact
SELECT {{ fact_kind }}, {{ rank }}, {{ key }}, recorded_at, document_seq
FROM judged
WHERE fate = 'base';
