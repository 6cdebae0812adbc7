-- sending: one delivery of one order document: when placed, again when canceled whole, and once more word for word where the
-- source repeats the invoice (all of them in one later file).
CREATE TABLE sending AS
WITH base AS (
    SELECT channel_id, invoice, placed_at AS sent_at, NULL::TIMESTAMP AS canceled_at, false AS is_second FROM sale
    UNION ALL
    SELECT channel_id, invoice, canceled_at, canceled_at, false FROM cancellation INNER JOIN sale USING (invoice)
    UNION ALL
    SELECT channel_id, invoice, placed_at, NULL, true FROM sale SEMI JOIN repeated_invoice USING (invoice)
)
SELECT * FROM base ORDER BY sent_at, invoice, canceled_at, is_second;

-- ledger_row: service codes outside product orders, credits of them, bad debt.
CREATE TABLE ledger_row AS
SELECT
    line.*,
    CASE WHEN code = 'AMAZONFEE' THEN 'amazon' ELSE channel_of(customer.channel_id, country) END AS channel_id,
    utc(sold_local) AS booked_at,
    EXISTS (FROM repeated_invoice WHERE repeated_invoice.invoice = line.invoice) AS is_repeated
FROM line
LEFT JOIN customer USING (customer_id)
WHERE destination = 'ledger'
ORDER BY booked_at, invoice, line_no;
