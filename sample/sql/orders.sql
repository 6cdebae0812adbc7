-- customer: the one channel a customer buys in.
CREATE TABLE customer AS
WITH order_value AS (
    SELECT customer_id, invoice, sum(quantity * price) AS value,
        bool_or(line_type = 'adjustment') AS has_service
    FROM line
    WHERE destination = 'order' AND customer_id IS NOT NULL
    GROUP BY customer_id, invoice
),
buyer AS (
    SELECT customer_id, avg(value) AS mean_value, bool_or(has_service) AS has_service
    FROM order_value
    GROUP BY customer_id
),
home AS (
    SELECT customer_id, arg_max(country, (line_count, country)) AS country, count(*) AS country_count
    FROM (
        SELECT customer_id, country, count(*) AS line_count
        FROM line
        WHERE customer_id IS NOT NULL AND destination <> 'repeated'
        GROUP BY customer_id, country
    )
    GROUP BY customer_id
)
SELECT
    customer_id,
    CASE
        WHEN mean_value > 600 THEN 'wholesale'
        WHEN country <> 'United Kingdom' THEN 'woocommerce'
        WHEN draw('channel', customer_id) < 0.45 AND country_count = 1 AND NOT coalesce(has_service, false)
            THEN 'amazon'
        ELSE 'shopify'
    END AS channel_id
FROM home
LEFT JOIN buyer USING (customer_id)
ORDER BY customer_id;

CREATE MACRO channel_of(customer_channel, country) AS coalesce(
    customer_channel, CASE WHEN country = 'United Kingdom' THEN 'shopify' ELSE 'woocommerce' END);

-- order_line: one line of an order, credits aside.
CREATE TABLE order_line AS
SELECT line.*, channel_of(customer.channel_id, country) AS channel_id
FROM line
LEFT JOIN customer USING (customer_id)
WHERE destination = 'order'
ORDER BY placed_at, invoice, line_no;

-- sale: one order.
CREATE TABLE sale AS
SELECT
    invoice,
    any_value(channel_id) AS channel_id,
    any_value(placed_at) AS placed_at,
    any_value(customer_id) AS customer_id,
    any_value(country) AS country,
    bool_and(line_type = 'test') AS is_test,
    count(*) AS line_count,
    coalesce(sum(quantity) FILTER (line_type = 'product'), 0)::BIGINT AS units,
    sum(quantity * price)::DECIMAL(18, 4) AS total,
    coalesce(sum(quantity * price) FILTER (line_type = 'shipping'), 0)::DECIMAL(18, 4) AS shipping_total
FROM order_line
GROUP BY invoice
ORDER BY placed_at, invoice;
