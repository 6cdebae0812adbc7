-- one purchase order line that still owes something
SELECT
    purchase_order_line_id,
    supplier_id,
    sku,
    location_id,
    quantity - received - canceled AS open_quantity,
    ordered_at,
    expected_at
FROM purchase_order_line
WHERE quantity > received + canceled
ORDER BY purchase_order_line_id
