-- purchase: one batch for one location, numbered as a purchase order line: one order per supplier and day (simulated).
CREATE TABLE purchase AS
SELECT
    supply_seconds.* EXCLUDE (ordered_at, expected_at, arrives_at, rest_at),
    make_timestamp(ordered_at * 1000000) AS ordered_at,
    make_timestamp(expected_at * 1000000) AS expected_at,
    make_timestamp(arrives_at * 1000000) AS arrives_at,
    make_timestamp(rest_at * 1000000) AS rest_at,
    greatest(make_timestamp(ordered_at * 1000000), getvariable('opening') - INTERVAL 1 HOUR) AS exported_at,
    'PO' || strftime(make_timestamp(ordered_at * 1000000), '%y%m%d') || '-' || lpad(supplier::VARCHAR, 2, '0') AS po_no,
    row_number() OVER (PARTITION BY is_opening, supplier, ordered_at ORDER BY code, batch_no, location) AS po_line_no
FROM supply_seconds
ORDER BY ordered_at, supplier, code, batch_no, location;

-- rescue: goods that came in and were written off the same day: a receipt of its own just before the write-off (simulated).
CREATE TABLE rescue AS
SELECT code, first_written_off_at - INTERVAL 5 MINUTE AS received_at, needed AS quantity
FROM stock_day
WHERE needed > 0
ORDER BY received_at, code;

-- first_seen: the day a product must be known from: its first line, purchase order or opening count.
CREATE TABLE first_seen AS
SELECT product.code,
    greatest(
        least(product.first_day, coalesce(min(purchase.exported_at)::DATE, product.first_day)),
        getvariable('opening')::DATE
    )::TIMESTAMP AS known_at
FROM product
LEFT JOIN purchase USING (code)
GROUP BY product.code, product.first_day
ORDER BY product.code;
