-- units available falls below zero are those the ledger marks as oversold and not covered since
WITH marked AS (
    SELECT
        movement.stock_no,
        sum(CASE kind.kind WHEN 'oversell' THEN movement.quantity ELSE -movement.quantity END) AS units
    FROM inventory_movement AS movement
    JOIN movement_kind AS kind ON kind.kind_no = movement.kind_no
    WHERE kind.kind IN ('oversell', 'oversell_covered')
    GROUP BY movement.stock_no
)
SELECT
    balance.sku || ' at ' || balance.location_id AS subject,
    CASE WHEN balance.available < 0 THEN -balance.available ELSE 0 END AS found,
    coalesce(marked.units, 0) AS expected
FROM stock_balance AS balance
LEFT JOIN marked ON marked.stock_no = balance.stock_no
WHERE CASE WHEN balance.available < 0 THEN -balance.available ELSE 0 END <> coalesce(marked.units, 0)
ORDER BY subject
