-- ERP export: products; supplier, cost, pack and minimum are simulated.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    known_at AS sent_at,
    code AS id,
    false AS is_second,
    concat_ws(',',
        csv(code),
        csv(title),
        product_kind,
        'SUP' || lpad(supplier::VARCHAR, 2, '0'),
        unit_cost,
        pack_size,
        pack_size * moq_packs,
        iso_z(first_day),
        iso_z(known_at)
    ) AS body
FROM product
INNER JOIN first_seen USING (code)
WHERE known_at >= getvariable('chunk_from') AND known_at < getvariable('chunk_to');
