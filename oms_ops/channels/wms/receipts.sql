-- One receipt per row; without a purchase order number the goods came unannounced.
SELECT
    document_seq,
    receipt_no AS receipt_id,
    po_no || '/' || po_line_no AS purchase_order_line_id,
    upper(item_code) AS sku,
    location AS location_id,
    quantity,
    received_at
FROM csv_row
