-- where a sku is tracked by lot, the units of its lots are those on hand
SELECT
    balance.sku || ' by lot at ' || balance.location_id AS subject,
    coalesce(sum(held.on_hand), 0) AS found,
    balance.on_hand AS expected
FROM stock_balance AS balance
JOIN lot_tracking AS tracking ON tracking.sku = balance.sku
LEFT JOIN stock_lot AS held ON held.stock_no = balance.stock_no
GROUP BY balance.stock_no, balance.sku, balance.location_id, balance.on_hand
HAVING coalesce(sum(held.on_hand), 0) <> balance.on_hand
ORDER BY subject
