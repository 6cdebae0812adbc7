-- on_hand is the sum of what is available, committed, reserved and set aside
SELECT
    sku || ' at ' || location_id AS subject,
    on_hand AS found,
    available + committed + reserved + damaged + safety_stock + quality_control AS expected
FROM stock_balance
WHERE on_hand <> available + committed + reserved + damaged + safety_stock + quality_control
ORDER BY subject
