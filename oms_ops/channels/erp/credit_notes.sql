-- One canonical refund per credit_note_no; without an original order the goods were sold before the records begin.
SELECT
    document_seq,
    CASE WHEN count(*) <> TRY_CAST(min(note_lines) AS BIGINT)
        THEN count(*) || ' of ' || min(note_lines) || ' rows are here' END AS missing,
    CASE WHEN count(note_lines) < count(*) THEN 'note_lines' END AS absent,
    CASE
        WHEN min(original_order_no) <> max(original_order_no)
            OR count(original_order_no) NOT IN (0, count(*)) THEN 'original_order_no'
        WHEN min(credit_date) <> max(credit_date) THEN 'credit_date'
        WHEN min(customer_no) <> max(customer_no) THEN 'customer_no'
        WHEN min(currency) <> max(currency) THEN 'currency'
        WHEN min(note_lines) <> max(note_lines) THEN 'note_lines'
    END AS conflict,
    min(original_order_no) AS order_external_id,
    count(original_order_no) = 0 AS has_no_order,
    min(customer_no) AS customer_id,
    min(country) AS country,
    CASE WHEN count(currency) = count(*) THEN min(currency) END AS currency,
    shop_instant(min(credit_date)) AS refunded_at,
    list({
        'order_line_id': original_line_no,
        'role': 'item',
        'code': item_code,
        'quantity': quantity,
        'unit_price': unit_price,
        'amount': NULL::VARCHAR,
        'restock_kind': restock_type
    } ORDER BY row_no) AS lines
FROM csv_row
GROUP BY document_seq
