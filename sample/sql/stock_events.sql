-- unmet: a huge order line given back whole before it could ship; the shop never had these goods, so supply ignores it.
CREATE TABLE unmet AS
SELECT order_line.invoice, order_line.line_no
FROM order_line
INNER JOIN handling USING (invoice)
INNER JOIN refund_line ON refund_line.invoice = order_line.invoice AND refund_line.order_line_no = order_line.line_no
WHERE order_line.quantity >= 5000
GROUP BY order_line.invoice, order_line.line_no
HAVING sum(refund_line.quantity) = any_value(order_line.quantity)
    AND max(refund_line.refunded_at) < any_value(handling.ready_at);

-- stock_note: one write-off, find or correction.
CREATE TABLE stock_note AS
SELECT invoice, line_no, sku, code, title, quantity, placed_at AS adjusted_at
FROM line
WHERE destination = 'stock_adjustment'
ORDER BY adjusted_at, invoice, line_no;

-- stock_day: a sku's notes of one day: what had to be there for its write-offs, and what is left of that and of its finds.
CREATE TABLE stock_day AS
WITH running AS (
    SELECT code, invoice, adjusted_at, quantity,
        sum(quantity) OVER (
            PARTITION BY code, adjusted_at::DATE ORDER BY adjusted_at, invoice, line_no
        ) AS balance
    FROM stock_note
)
SELECT
    code,
    min(adjusted_at) FILTER (quantity < 0) AS first_written_off_at,
    max(adjusted_at) AS last_noted_at,
    max(invoice) AS invoice,
    greatest(0, -min(balance))::BIGINT AS needed,
    (greatest(0, -min(balance)) + sum(quantity))::BIGINT AS left_over
FROM running
GROUP BY code, adjusted_at::DATE
ORDER BY last_noted_at, code;

-- stock_event: what takes from a sku's stock (orders) and what gives to it apart from supply (goods back, finds).
CREATE TABLE stock_event AS
SELECT code, placed_at AS happened_at, 1 AS rank, invoice, -sum(quantity)::BIGINT AS change
FROM order_line
ANTI JOIN unmet ON unmet.invoice = order_line.invoice AND unmet.line_no = order_line.line_no
WHERE line_type = 'product'
GROUP BY ALL
UNION ALL
SELECT code, refunded_at, 0, credit_invoice, sum(quantity)::BIGINT
FROM refund_line
ANTI JOIN unmet ON unmet.invoice = refund_line.invoice AND unmet.line_no = refund_line.order_line_no
WHERE line_type = 'product'
GROUP BY ALL
UNION ALL
SELECT code, last_noted_at, 0, invoice, left_over
FROM stock_day
WHERE left_over > 0
ORDER BY code, happened_at, rank, invoice;
