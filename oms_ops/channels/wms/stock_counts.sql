-- One counted quantity per row.
SELECT document_seq, count_no AS count_id, upper(item_code) AS sku, location AS location_id, quantity, counted_at
FROM csv_row
