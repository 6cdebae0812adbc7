-- WMS feed: the opening count (simulated).
CREATE OR REPLACE TEMP TABLE document AS
WITH counted AS (
    SELECT code, location, sum(quantity)::BIGINT AS quantity FROM purchase WHERE is_opening GROUP BY code, location
)
SELECT
    getvariable('opening') AS sent_at,
    'SC-' || code || '-' || location AS id,
    false AS is_second,
    concat_ws(',',
        csv('SC-' || code || '-' || location),
        csv(code),
        location,
        quantity * getvariable('scale'),
        iso_z(getvariable('opening'))
    ) AS body
FROM counted
WHERE getvariable('opening') >= getvariable('chunk_from') AND getvariable('opening') < getvariable('chunk_to');
