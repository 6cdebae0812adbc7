-- One supplier per row.
SELECT document_seq, supplier_no AS supplier_id, supplier_name, lead_time_days AS quoted_lead_time_days
FROM csv_row
