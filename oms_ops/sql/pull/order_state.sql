-- one order: its own row, and sums over what hangs on it
WITH line AS (
    SELECT
        order_line.order_seq,
        sum(CASE WHEN line_type = 'product' AND quantity > 0 AND is_test = 0 THEN quantity ELSE 0 END) AS ordered,
        sum(CASE WHEN line_type = 'product' AND quantity > 0 AND is_test = 0 THEN canceled ELSE 0 END) AS canceled,
        sum(returned) AS returned,
        max(CASE WHEN backordered > 0 AND ships_not_before IS NOT NULL THEN 1 ELSE 0 END) AS is_scheduled,
        sum(canceled * unit_price_e4) AS canceled_e4
    FROM order_line
    JOIN "order" AS placed ON placed.order_seq = order_line.order_seq
    WHERE order_line.order_seq IN :order_seqs
    GROUP BY order_line.order_seq
),
claim AS (
    SELECT
        allocation.order_seq,
        sum(quantity - shipped - released) AS allocated,
        sum(shipped) AS shipped,
        count(DISTINCT location_id) AS location_count
    FROM allocation
    JOIN stock_balance ON stock_balance.stock_no = allocation.stock_no
    WHERE allocation.order_seq IN :order_seqs
    GROUP BY allocation.order_seq
),
parcel AS (
    SELECT
        order_seq,
        min(shipped_at) AS first_shipped_at,
        max(shipped_at) AS last_shipped_at,
        CASE WHEN count(*) = count(delivered_at) THEN max(delivered_at) END AS delivered_at
    FROM shipment
    WHERE order_seq IN :order_seqs AND state <> 'canceled'
    GROUP BY order_seq
),
money AS (
    SELECT
        order_seq,
        sum(CASE WHEN kind = 'authorization' THEN amount_e4 ELSE 0 END) AS authorized_e4,
        sum(CASE WHEN kind IN ('capture', 'sale') THEN amount_e4 ELSE 0 END) AS captured_e4,
        sum(CASE WHEN kind IN ('refund', 'chargeback') THEN amount_e4 ELSE 0 END) AS refunded_e4,
        sum(CASE WHEN kind = 'void' THEN amount_e4 ELSE 0 END) AS voided_e4,
        sum(CASE WHEN kind = 'expiration' THEN amount_e4 ELSE 0 END) AS expired_e4
    FROM payment_transaction
    WHERE order_seq IN :order_seqs AND status = 'success'
    GROUP BY order_seq
),
work AS (
    SELECT
        order_seq,
        max(CASE WHEN state = 'on_hold' THEN 1 ELSE 0 END) AS is_on_hold,
        max(CASE WHEN state IN ('in_progress', 'incomplete') THEN 1 ELSE 0 END) AS is_in_progress,
        max(CASE WHEN state = 'scheduled' THEN 1 ELSE 0 END) AS is_scheduled
    FROM fulfillment_order
    WHERE order_seq IN :order_seqs
    GROUP BY order_seq
),
held AS (
    SELECT order_seq, count(*) AS holds
    FROM hold
    WHERE order_seq IN :order_seqs AND released_at IS NULL AND fulfillment_no IS NULL
    GROUP BY order_seq
)
SELECT
    placed.order_id,
    placed.order_status,
    placed.total_e4,
    coalesce(line.canceled_e4, 0) AS canceled_e4,
    coalesce(money.authorized_e4, 0) AS authorized_e4,
    coalesce(money.captured_e4, 0) AS captured_e4,
    coalesce(money.refunded_e4, 0) AS refunded_e4,
    coalesce(money.voided_e4, 0) AS voided_e4,
    coalesce(money.expired_e4, 0) AS expired_e4,
    coalesce(line.ordered, 0) AS ordered,
    coalesce(line.canceled, 0) AS canceled,
    coalesce(claim.allocated, 0) AS allocated,
    coalesce(claim.shipped, 0) AS shipped,
    coalesce(line.returned, 0) AS returned,
    placed.units_backordered_at_placement,
    coalesce(claim.location_count, 0) AS location_count,
    parcel.first_shipped_at,
    parcel.last_shipped_at,
    parcel.delivered_at,
    coalesce(work.is_on_hold, 0) + coalesce(held.holds, 0) AS holds,
    coalesce(work.is_in_progress, 0) AS is_in_progress,
    coalesce(work.is_scheduled, 0) + coalesce(line.is_scheduled, 0) AS is_scheduled
FROM "order" AS placed
LEFT JOIN line ON line.order_seq = placed.order_seq
LEFT JOIN claim ON claim.order_seq = placed.order_seq
LEFT JOIN parcel ON parcel.order_seq = placed.order_seq
LEFT JOIN money ON money.order_seq = placed.order_seq
LEFT JOIN work ON work.order_seq = placed.order_seq
LEFT JOIN held ON held.order_seq = placed.order_seq
WHERE placed.order_seq IN :order_seqs
ORDER BY placed.order_seq
