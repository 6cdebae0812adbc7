-- One product per row. A day without a time is the shop's own day.
SELECT
    document_seq,
    upper(item_code) AS sku,
    description AS title,
    product_kind,
    supplier_no AS supplier_id,
    unit_cost,
    pack_size,
    min_order_quantity,
    listed_at,
    CASE WHEN length(discontinued_at) > 10 THEN discontinued_at ELSE shop_instant(discontinued_at) END
        AS discontinued_at
FROM csv_row
