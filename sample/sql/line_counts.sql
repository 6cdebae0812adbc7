-- Source lines by destination, each counted in the table its documents are made from.
SELECT 'orders' AS destination, count(*) AS lines
FROM order_line INNER JOIN sale USING (channel_id, invoice)
UNION ALL
SELECT CASE WHEN is_matched THEN 'refunds' ELSE 'credit_notes_without_order' END, count(*)
FROM (
    SELECT credit_invoice, credit_line_no, bool_or(invoice IS NOT NULL) AS is_matched
    FROM refund
    GROUP BY credit_invoice, credit_line_no
)
GROUP BY is_matched
UNION ALL
SELECT 'ledger', count(*) FROM ledger_row
UNION ALL
SELECT 'stock_adjustments', count(*) FROM stock_note
UNION ALL
SELECT 'repeated', count(*) FROM line WHERE destination = 'repeated'
