-- committed is the sum of open allocations
WITH open_claim AS (
    SELECT stock_no, sum(quantity - shipped - released) AS units
    FROM allocation
    WHERE quantity > shipped + released
    GROUP BY stock_no
)
SELECT
    balance.sku || ' at ' || balance.location_id AS subject,
    balance.committed AS found,
    coalesce(open_claim.units, 0) AS expected
FROM stock_balance AS balance
LEFT JOIN open_claim ON open_claim.stock_no = balance.stock_no
WHERE balance.committed <> coalesce(open_claim.units, 0)
ORDER BY subject
