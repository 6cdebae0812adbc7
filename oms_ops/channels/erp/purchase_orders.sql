-- One purchase order line per row.
SELECT
    document_seq,
    po_no || '/' || line_no AS purchase_order_line_id,
    po_no AS purchase_order_id,
    supplier_no AS supplier_id,
    upper(item_code) AS sku,
    location AS location_id,
    quantity,
    unit_cost,
    ordered_at,
    expected_at
FROM csv_row
