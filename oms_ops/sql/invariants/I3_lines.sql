-- every unit of a line that needs stock is canceled, waiting, allocated or shipped; a draft claims nothing yet
-- Summed per order, which reads both tables in the order they are stored. The second sum weighs each line by its
-- number: units that moved from one line to another change it.
WITH claimed AS (
    SELECT
        order_seq,
        sum(quantity - released) AS units,
        sum((quantity - released) * line_no) AS weighed
    FROM allocation
    GROUP BY order_seq
),
placed AS (
    SELECT
        order_seq,
        sum(quantity - canceled - backordered) AS units,
        sum((quantity - canceled - backordered) * line_no) AS weighed,
        sum(quantity) AS quantity
    FROM order_line
    WHERE line_type = 'product' AND quantity > 0
    GROUP BY order_seq
)
SELECT
    'units of order ' || header.order_id AS subject,
    placed.quantity - placed.units + coalesce(claimed.units, 0) AS found,
    placed.quantity AS expected
FROM placed
JOIN "order" AS header ON header.order_seq = placed.order_seq
LEFT JOIN claimed ON claimed.order_seq = placed.order_seq
WHERE header.is_test = 0
  AND header.order_status <> 'draft'
  AND (placed.units <> coalesce(claimed.units, 0) OR placed.weighed <> coalesce(claimed.weighed, 0))
ORDER BY subject
