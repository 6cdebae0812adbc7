-- where a sku is tracked by lot, what its lots have set aside is what is damaged or in quality control
SELECT
    balance.sku || ' set aside by lot at ' || balance.location_id AS subject,
    coalesce(sum(held.set_aside), 0) AS found,
    balance.damaged + balance.quality_control AS expected
FROM stock_balance AS balance
JOIN lot_tracking AS tracking ON tracking.sku = balance.sku
LEFT JOIN stock_lot AS held ON held.stock_no = balance.stock_no
GROUP BY balance.stock_no, balance.sku, balance.location_id, balance.damaged, balance.quality_control
HAVING coalesce(sum(held.set_aside), 0) <> balance.damaged + balance.quality_control
ORDER BY subject
