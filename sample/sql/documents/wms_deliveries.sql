-- WMS feed: parcels that arrived (simulated).
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    delivered_at AS sent_at,
    document_number(invoice, copy) * 10 + parcel_no AS id,
    false AS is_second,
    concat_ws(',',
        'S' || document_number(invoice, copy) || '-' || parcel_no,
        channel_id,
        external_id(channel_id, invoice, copy),
        iso_z(delivered_at)
    ) AS body
FROM parcel
CROSS JOIN copies
WHERE delivered_at >= getvariable('chunk_from') AND delivered_at < getvariable('chunk_to');
