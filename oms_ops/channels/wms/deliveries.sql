-- One delivered parcel per row.
SELECT document_seq, shipment_no AS shipment_id, channel || ':' || order_no AS order_id, delivered_at
FROM csv_row
