-- WMS feed: parcels that left (simulated).
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    shipped_at AS sent_at,
    document_number(invoice, copy) * 10 + parcel_no AS id,
    false AS is_second,
    concat_ws(',',
        'S' || document_number(invoice, copy) || '-' || parcel_no,
        channel_id,
        external_id(channel_id, invoice, copy),
        iso_z(shipped_at),
        carrier,
        'TRK' || document_number(invoice, copy) || parcel_no
    ) AS body
FROM parcel
CROSS JOIN copies
WHERE shipped_at >= getvariable('chunk_from') AND shipped_at < getvariable('chunk_to');
