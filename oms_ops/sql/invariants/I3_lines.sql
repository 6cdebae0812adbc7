-- every unit of a line that needs stock is canceled, waiting, allocated or shipped
WITH claimed AS (
    SELECT order_seq, line_no, sum(quantity - released) AS units
    FROM allocation
    GROUP BY order_seq, line_no
)
SELECT
    placed.order_id || ' line ' || line.line_id AS subject,
    line.canceled + line.backordered + coalesce(claimed.units, 0) AS found,
    line.quantity AS expected
FROM order_line AS line
JOIN "order" AS placed ON placed.order_seq = line.order_seq
LEFT JOIN claimed ON claimed.order_seq = line.order_seq AND claimed.line_no = line.line_no
WHERE line.line_type = 'product'
  AND line.quantity > 0
  AND placed.is_test = 0
  AND line.quantity <> line.canceled + line.backordered + coalesce(claimed.units, 0)
ORDER BY subject
