-- ERP export: suppliers (simulated).
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    getvariable('opening')::DATE::TIMESTAMP AS sent_at,
    supplier AS id,
    false AS is_second,
    concat_ws(',',
        'SUP' || lpad(supplier::VARCHAR, 2, '0'),
        'Supplier ' || lpad(supplier::VARCHAR, 2, '0') || ' (simulated)',
        lead_days,
        iso_z(getvariable('opening')::DATE)
    ) AS body
FROM supplier
WHERE getvariable('opening') >= getvariable('chunk_from') AND getvariable('opening') < getvariable('chunk_to');
