-- ERP export: all rows of one credit note; an empty original order is goods sold before the records begin.
CREATE OR REPLACE TEMP TABLE document AS
WITH numbered AS (
    SELECT *, copied(credit_invoice || '-' || coalesce(invoice, '0'), copy) AS credit_note_no,
        count(*) OVER (PARTITION BY credit_invoice, invoice, copy, is_second) AS note_lines
    FROM refund
    CROSS JOIN copies
    CROSS JOIN deliveries
    WHERE channel_id = 'wholesale' AND (is_repeated OR NOT is_second)
        AND refunded_at >= getvariable('chunk_from') AND refunded_at < getvariable('chunk_to')
)
SELECT
    refunded_at AS sent_at,
    credit_note_no AS id,
    is_second,
    string_agg(concat_ws(',',
        credit_note_no,
        line_no,
        note_lines,
        strftime(local(refunded_at), '%Y-%m-%d %H:%M:%S'),
        coalesce(copied(invoice, copy), ''),
        coalesce(order_line_no::VARCHAR, ''),
        coalesce(customer_number(customer_id, copy)::VARCHAR, ''),
        csv(country),
        getvariable('currency'),
        csv(sku),
        csv(coalesce(note.title, product.title)),
        quantity,
        money(price),
        restock_type,
        iso_z(refunded_at)
    ), chr(10) ORDER BY line_no) AS body
FROM numbered AS note
LEFT JOIN product USING (code)
GROUP BY refunded_at, credit_note_no, is_second;
