-- reserved is the sum of active reservations
WITH active AS (
    SELECT sku, location_id, sum(quantity) AS units
    FROM reservation
    WHERE state = 'active'
    GROUP BY sku, location_id
)
SELECT
    balance.sku || ' at ' || balance.location_id AS subject,
    balance.reserved AS found,
    coalesce(active.units, 0) AS expected
FROM stock_balance AS balance
LEFT JOIN active ON active.sku = balance.sku AND active.location_id = balance.location_id
WHERE balance.reserved <> coalesce(active.units, 0)
ORDER BY subject
