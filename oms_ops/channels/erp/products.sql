-- One product per row.
SELECT
    document_seq,
    upper(item_code) AS sku,
    description AS title,
    product_kind,
    supplier_no AS supplier_id,
    unit_cost,
    pack_size,
    min_order_quantity,
    listed_at
FROM csv_row
