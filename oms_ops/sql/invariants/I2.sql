-- each stored quantity is the sum of the ledger's deltas of it
WITH moved AS (
    SELECT stock_no, kind_no, sum(quantity) AS quantity
    FROM inventory_movement
    GROUP BY stock_no, kind_no
),
ledger AS (
    SELECT
        moved.stock_no,
        sum(moved.quantity * kind.on_hand) AS on_hand,
        sum(moved.quantity * kind.available) AS available,
        sum(moved.quantity * kind.committed) AS committed,
        sum(moved.quantity * kind.reserved) AS reserved,
        sum(moved.quantity * kind.damaged) AS damaged,
        sum(moved.quantity * kind.safety_stock) AS safety_stock,
        sum(moved.quantity * kind.quality_control) AS quality_control,
        sum(moved.quantity * kind.incoming) AS incoming
    FROM moved
    JOIN movement_kind AS kind ON kind.kind_no = moved.kind_no
    GROUP BY moved.stock_no
),
compared AS (
    SELECT
        balance.stock_no,
        balance.sku || ' at ' || balance.location_id AS subject,
        balance.on_hand,
        balance.available,
        balance.committed,
        balance.reserved,
        balance.damaged,
        balance.safety_stock,
        balance.quality_control,
        balance.incoming,
        coalesce(ledger.on_hand, 0) AS ledger_on_hand,
        coalesce(ledger.available, 0) AS ledger_available,
        coalesce(ledger.committed, 0) AS ledger_committed,
        coalesce(ledger.reserved, 0) AS ledger_reserved,
        coalesce(ledger.damaged, 0) AS ledger_damaged,
        coalesce(ledger.safety_stock, 0) AS ledger_safety_stock,
        coalesce(ledger.quality_control, 0) AS ledger_quality_control,
        coalesce(ledger.incoming, 0) AS ledger_incoming
    FROM stock_balance AS balance
    LEFT JOIN ledger ON ledger.stock_no = balance.stock_no
)
SELECT *
FROM compared
WHERE on_hand <> ledger_on_hand
   OR available <> ledger_available
   OR committed <> ledger_committed
   OR reserved <> ledger_reserved
   OR damaged <> ledger_damaged
   OR safety_stock <> ledger_safety_stock
   OR quality_control <> ledger_quality_control
   OR incoming <> ledger_incoming
ORDER BY subject
