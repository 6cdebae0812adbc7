-- one line of a refund, in the order of the stream and of the document
SELECT
    fact.apply_seq,
    line.order_line_id,
    line.sku,
    line.line_type,
    CAST(line.quantity AS BIGINT) AS quantity,
    CAST(line.amount * 10000 AS BIGINT) AS amount_e4,
    line.restock_kind
FROM core.intake_fact AS fact
JOIN core.refund_line AS line ON line.refund_id = fact.fact_id
WHERE fact.fact_kind = 'refund' AND fact.apply_seq > $after
ORDER BY fact.apply_seq, line.line_no
