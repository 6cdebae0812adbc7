-- handling: when the warehouse would ship an order that lacks nothing (simulated). Mondays to Saturdays, slower before Christmas.
CREATE TABLE handling AS
WITH working_day AS (
    SELECT day::DATE AS day, row_number() OVER (ORDER BY day) AS day_no
    FROM range(getvariable('opening')::TIMESTAMP - INTERVAL 7 DAY,
               getvariable('clock') + INTERVAL 90 DAY, INTERVAL 1 DAY) AS calendar(day)
    WHERE isodow(day) < 7 AND strftime(day, '%m-%d') NOT IN ('12-25', '12-26', '01-01')
),
drawn AS (
    SELECT
        invoice,
        placed_at,
        draw('handling', invoice) AS luck,
        month(placed_at) = 11 OR (month(placed_at) = 12 AND day(placed_at) < 24) AS is_peak
    FROM sale
),
delayed AS (
    SELECT
        *,
        CASE
            WHEN is_peak THEN CASE WHEN luck < 0.25 THEN 0 WHEN luck < 0.65 THEN 1 WHEN luck < 0.87 THEN 2
                WHEN luck < 0.96 THEN 3 ELSE 4 END
            ELSE CASE WHEN luck < 0.40 THEN 0 WHEN luck < 0.85 THEN 1 WHEN luck < 0.98 THEN 2 ELSE 3 END
        END AS days
    FROM drawn
),
based AS (
    SELECT delayed.*, working_day.day_no,
        days = 0 AND hour(placed_at) < 14 AND working_day.day = placed_at::DATE AS is_same_day
    FROM delayed
    ASOF INNER JOIN working_day ON placed_at::DATE >= working_day.day
)
SELECT
    invoice,
    CASE
        WHEN is_same_day
            THEN placed_at + to_minutes(60 + floor(draw('ship hour', invoice) * 180)::BIGINT)
        ELSE target.day + to_minutes(420 + floor(draw('ship hour', invoice) * 600)::BIGINT)
    END AS ready_at
FROM based
INNER JOIN working_day AS target ON target.day_no = based.day_no + greatest(days, 1)
ORDER BY invoice;
