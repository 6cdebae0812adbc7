-- One parcel per row; the order is named by its channel and the channel's own id.
SELECT document_seq, shipment_no AS shipment_id, channel || ':' || order_no AS order_id, shipped_at, carrier, tracking_number
FROM csv_row
