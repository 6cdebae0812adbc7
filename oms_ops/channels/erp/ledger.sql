-- One ledger entry per row.
SELECT
    document_seq,
    entry_no AS entry_id,
    channel AS channel_id,
    entry_no AS external_id,
    customer_no AS customer_id,
    country,
    currency,
    shop_instant(booked_at) AS booked_at,
    instant(booked_at)::DATE::VARCHAR AS business_date,
    upper(csv_row.code) AS code,
    coalesce(service.line_type, 'none') AS line_type,
    service.adjustment_kind,
    quantity,
    unit_price,
    TRY(TRY_CAST(quantity AS DECIMAL(18, 3)) * TRY_CAST(unit_price AS DECIMAL(18, 4)))::VARCHAR AS amount
FROM csv_row
LEFT JOIN service_code AS service ON service.code = upper(csv_row.code)
