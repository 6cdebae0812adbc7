-- incoming is what open purchase orders still owe
WITH owed AS (
    SELECT sku, location_id, sum(quantity - received) AS units
    FROM purchase_order_line
    WHERE quantity > received
    GROUP BY sku, location_id
),
place AS (
    SELECT sku, location_id FROM stock_balance
    UNION
    SELECT sku, location_id FROM owed
)
SELECT
    place.sku || ' at ' || place.location_id AS subject,
    coalesce(balance.incoming, 0) AS found,
    coalesce(owed.units, 0) AS expected
FROM place
LEFT JOIN stock_balance AS balance ON balance.sku = place.sku AND balance.location_id = place.location_id
LEFT JOIN owed ON owed.sku = place.sku AND owed.location_id = place.location_id
WHERE coalesce(balance.incoming, 0) <> coalesce(owed.units, 0)
ORDER BY subject
