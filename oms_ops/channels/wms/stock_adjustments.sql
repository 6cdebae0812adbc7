-- One write-off, find or correction per row.
SELECT
    document_seq,
    adjustment_no AS adjustment_id,
    upper(item_code) AS sku,
    location AS location_id,
    quantity,
    coalesce(reason, 'unspecified') AS reason,
    adjusted_at
FROM csv_row
