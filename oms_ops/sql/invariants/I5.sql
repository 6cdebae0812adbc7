-- incoming is what open purchase orders and transfers still owe
WITH line AS (
    SELECT sku, location_id, quantity - received - canceled AS units
    FROM purchase_order_line
    WHERE quantity > received + canceled
    UNION ALL
    SELECT line.sku, transfer.destination_id AS location_id, line.shipped - line.received - line.lost AS units
    FROM transfer_line AS line
    JOIN transfer ON transfer.transfer_id = line.transfer_id
    WHERE line.shipped > line.received + line.lost
),
owed AS (
    SELECT sku, location_id, sum(units) AS units
    FROM line
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
