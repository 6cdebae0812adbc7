-- product: one sku. Supplier, cost, pack and minimum are simulated; the title and the prices they rest on are real.
CREATE TABLE product AS
WITH kept AS (
    SELECT * FROM line WHERE destination <> 'repeated' AND is_goods(line_type)
),
named AS (
    SELECT code, title, row_number() OVER (
        PARTITION BY code ORDER BY bool_or(price > 0) DESC, count(*) DESC, title) AS place
    FROM kept
    WHERE title IS NOT NULL
    GROUP BY code, title
),
measured AS (
    SELECT
        code,
        any_value(line_type) AS product_kind,
        min(placed_at)::DATE AS first_day,
        quantile_disc(price, 0.5) FILTER (price > 0) AS price,
        coalesce(sum(quantity) FILTER (destination = 'order'), 0) AS units,
        bool_or(channel_of(customer.channel_id, country) = 'woocommerce') FILTER (destination = 'order')
            AS is_sold_in_europe
    FROM kept
    LEFT JOIN customer USING (customer_id)
    GROUP BY code
)
SELECT
    code,
    coalesce(named.title, code) AS title,
    product_kind,
    first_day,
    floor(draw('supplier', code) * getvariable('supplier_count'))::INTEGER + 1 AS supplier,
    round(coalesce(price, 1) * (0.45 + 0.2 * draw('cost', code)), 4)::DECIMAL(18, 4) AS unit_cost,
    CASE WHEN units >= 6000 THEN 24 WHEN units >= 1500 THEN 12 WHEN units >= 300 THEN 6 ELSE 1 END AS pack_size,
    (CASE WHEN draw('moq', code) < 0.6 THEN 1 WHEN draw('moq', code) < 0.9 THEN 2 ELSE 4 END) AS moq_packs,
    coalesce(is_sold_in_europe, false) AS is_sold_in_europe
FROM measured
LEFT JOIN named USING (code)
WHERE coalesce(named.place, 1) = 1
ORDER BY code;
