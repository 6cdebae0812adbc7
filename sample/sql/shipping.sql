-- awaited: a sku of an order whose units were not all there when the order's parcel left (simulated).
CREATE TABLE awaited AS
SELECT invoice, code, make_timestamp(backordered_seconds.ready_at * 1000000) AS ready_at, handling.ready_at AS packed_at
FROM backordered_seconds
INNER JOIN handling USING (invoice)
WHERE backordered_seconds.ready_at IS NULL
    OR make_timestamp(backordered_seconds.ready_at * 1000000) >= handling.ready_at
ORDER BY invoice, code;

-- ships: when each sku of an order leaves (simulated). What came late follows in a second parcel, unless nothing else was
-- there to send, or part of it was given back while it was awaited: then the order waits and leaves whole.
CREATE TABLE ships AS
WITH late AS (
    SELECT
        invoice,
        count(*) AS late_skus,
        CASE WHEN count(*) = count(ready_at) THEN
            max(ready_at) + to_minutes(120 + floor(draw('late hour', invoice) * 300)::BIGINT) END AS late_at
    FROM awaited
    GROUP BY invoice
),
goods AS (
    SELECT invoice, count(DISTINCT code) AS skus FROM order_line WHERE line_type = 'product' GROUP BY invoice
),
given_back AS (
    SELECT DISTINCT refund_line.invoice
    FROM refund_line
    INNER JOIN awaited USING (invoice, code)
    INNER JOIN late USING (invoice)
    WHERE refunded_at >= packed_at AND (late_at IS NULL OR refunded_at < late_at)
),
planned AS (
    SELECT
        handling.invoice,
        late.invoice IS NOT NULL AS is_late,
        CASE WHEN late.invoice IS NULL THEN handling.ready_at
            ELSE late_at END AS whole_at,
        late.late_skus = goods.skus OR given_back.invoice IS NOT NULL AS is_whole,
        handling.ready_at
    FROM handling
    INNER JOIN goods USING (invoice)
    LEFT JOIN late USING (invoice)
    LEFT JOIN given_back USING (invoice)
)
SELECT
    line.invoice,
    line.code,
    sum(line.quantity)::BIGINT AS quantity,
    CASE WHEN is_late AND NOT is_whole AND awaited.code IS NULL THEN any_value(planned.ready_at)
        ELSE any_value(whole_at) END AS shipped_at
FROM order_line AS line
INNER JOIN planned USING (invoice)
LEFT JOIN awaited USING (invoice, code)
WHERE line.line_type = 'product'
GROUP BY line.invoice, line.code, is_late, is_whole, awaited.code
ORDER BY line.invoice, line.code;

-- refund: the refund lines with their document's channel. What is given back before it left is a cancel, after that a return.
CREATE TABLE refund AS
SELECT
    refund_line.*,
    coalesce(sale.channel_id, 'wholesale') AS channel_id,
    coalesce(max(
        CASE
            WHEN refund_line.line_type <> 'product' THEN NULL
            WHEN refund_line.invoice IS NULL OR refunded_at > ships.shipped_at THEN 'return'
            ELSE 'cancel'
        END
    ) OVER (PARTITION BY credit_invoice, refund_line.invoice), 'no_restock') AS restock_type,
    EXISTS (FROM repeated_invoice WHERE repeated_invoice.invoice = refund_line.credit_invoice) AS is_repeated
FROM refund_line
LEFT JOIN sale ON sale.invoice = refund_line.invoice
LEFT JOIN ships ON ships.invoice = refund_line.invoice AND ships.code = refund_line.code
ORDER BY refunded_at, credit_invoice, refund_line.invoice, line_no;

-- cancellation: an order whose every unit one credit invoice gave back before any left; never as early as the order itself.
CREATE TABLE cancellation AS
SELECT refund.invoice, greatest(refunded_at, sale.placed_at + INTERVAL 1 SECOND) AS canceled_at
FROM refund
INNER JOIN sale USING (invoice)
WHERE restock_type = 'cancel'
GROUP BY refund.invoice, credit_invoice, refunded_at, sale.units, sale.placed_at
HAVING sum(refund.quantity) = sale.units
ORDER BY refund.invoice;

-- parcel: what the warehouse reports as shipped and the carrier as delivered (simulated).
CREATE TABLE parcel AS
WITH kept AS (
    SELECT ships.invoice, ships.shipped_at
    FROM ships
    LEFT JOIN (
        SELECT invoice, code, sum(quantity) AS quantity FROM refund WHERE restock_type = 'cancel' GROUP BY ALL
    ) AS canceled USING (invoice, code)
    WHERE shipped_at IS NOT NULL
    GROUP BY ships.invoice, ships.shipped_at
    HAVING sum(ships.quantity - coalesce(canceled.quantity, 0)) > 0
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY invoice ORDER BY shipped_at) AS parcel_no FROM kept
),
zoned AS (
    SELECT numbered.*, sale.channel_id,
        draw('transit', invoice || '/' || parcel_no) AS luck,
        CASE
            WHEN country = 'United Kingdom' THEN 'home'
            WHEN country IN ('Germany', 'EIRE', 'France', 'Netherlands', 'Spain', 'Belgium', 'Sweden', 'Portugal',
                'Switzerland', 'Italy', 'Channel Islands', 'Finland', 'Denmark', 'Norway', 'Austria', 'Cyprus', 'Poland',
                'Greece', 'Malta', 'Iceland', 'Lithuania', 'Czech Republic', 'European Community') THEN 'europe'
            ELSE 'world'
        END AS area
    FROM numbered
    INNER JOIN sale USING (invoice)
)
SELECT
    invoice, channel_id, parcel_no, shipped_at,
    CASE area WHEN 'home' THEN 'Royal Mail' WHEN 'europe' THEN 'DPD' ELSE 'DHL' END AS carrier,
    shipped_at::DATE
    + (CASE area WHEN 'home' THEN 1 + floor(luck * 3) WHEN 'europe' THEN 2 + floor(luck * 6) ELSE 4 + floor(luck * 9) END)::INTEGER
    + to_minutes(480 + floor(draw('door', invoice || '/' || parcel_no) * 540)::BIGINT) AS delivered_at
FROM zoned
ORDER BY shipped_at, invoice, parcel_no;
