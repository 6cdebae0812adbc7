-- refund_line: one part of one credit line, given back on one order, or on none (goods sold before the records begin).
-- credit_part(credit_invoice, credit_line_no, part_no, invoice, order_line_no, quantity) holds the matches.
CREATE TABLE refund_line AS
SELECT
    part.credit_invoice,
    part.invoice,
    row_number() OVER (
        PARTITION BY part.credit_invoice, part.invoice ORDER BY part.credit_line_no, part.part_no
    ) AS line_no,
    part.credit_line_no,
    part.part_no,
    part.order_line_no,
    line.sku,
    line.code,
    line.title,
    line.line_type,
    line.country,
    line.customer_id,
    part.quantity,
    line.price,
    line.placed_at AS refunded_at
FROM credit_part AS part
INNER JOIN line ON line.invoice = part.credit_invoice AND line.line_no = part.credit_line_no AND line.destination = 'credit'
ORDER BY refunded_at, credit_invoice, part.invoice, line_no;
