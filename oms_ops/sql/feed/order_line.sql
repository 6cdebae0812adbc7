-- one line of an order, in the order of the stream and of the document
SELECT
    fact.apply_seq,
    line.line_no,
    line.line_id,
    line.sku,
    line.line_type,
    CAST(line.quantity AS BIGINT) AS quantity,
    CAST(line.unit_price * 10000 AS BIGINT) AS unit_price_e4
FROM core.intake_fact AS fact
JOIN core.order_line AS line ON line.order_id = fact.fact_id
WHERE fact.fact_kind = 'order' AND fact.apply_seq > $after
ORDER BY fact.apply_seq, line.line_no
