-- One canonical order per order_no; `order_lines` says how many rows it must have. A date stands for its whole day.
SELECT
    document_seq,
    CASE WHEN count(*) <> TRY_CAST(min(order_lines) AS BIGINT)
        THEN count(*) || ' of ' || min(order_lines) || ' rows are here' END AS missing,
    CASE WHEN count(order_lines) < count(*) THEN 'order_lines' END AS absent,
    CASE
        WHEN min(order_date) <> max(order_date) THEN 'order_date'
        WHEN min(customer_no) <> max(customer_no) THEN 'customer_no'
        WHEN min(country) <> max(country) THEN 'country'
        WHEN min(currency) <> max(currency) THEN 'currency'
        WHEN min(order_lines) <> max(order_lines) THEN 'order_lines'
    END AS conflict,
    min(order_no) AS order_number,
    min(customer_no) AS customer_id,
    min(country) AS country,
    CASE WHEN count(currency) = count(*) THEN min(currency) END AS currency,
    shop_instant(min(order_date)) AS placed_at,
    shop_day_end(min(requested_delivery_date)) AS promised_deliver_by,
    min(canceled_at) AS canceled_at,
    list({
        'line_id': line_no,
        'role': 'item',
        'code': item_code,
        'title': description,
        'quantity': quantity,
        'unit_price': unit_price,
        'amount': NULL::VARCHAR
    } ORDER BY row_no) AS lines
FROM csv_row
GROUP BY document_seq
