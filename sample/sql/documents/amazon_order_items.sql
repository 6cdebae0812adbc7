-- Selling Partner API Orders v0: the payload of getOrderItems. Shipping stands on the first item.
CREATE OR REPLACE TEMP TABLE document AS
WITH sent AS (
    SELECT sending.*, copy, shipping_total
    FROM sending
    INNER JOIN sale USING (channel_id, invoice)
    CROSS JOIN copies
    WHERE channel_id = 'amazon' AND canceled_at IS NULL
        AND sent_at >= getvariable('chunk_from') AND sent_at < getvariable('chunk_to')
),
item AS (
    SELECT *, row_number() OVER (PARTITION BY invoice ORDER BY line_no) AS item_no
    FROM order_line
    SEMI JOIN sent USING (invoice)
    WHERE line_type <> 'shipping'
)
SELECT
    sent_at,
    amazon_number(invoice, copy) AS id,
    is_second,
    to_json({
        'AmazonOrderId': amazon_number(invoice, copy),
        'OrderItems': list({
            'ASIN': 'B0' || upper(left(md5(code), 8)),
            'SellerSKU': sku,
            'OrderItemId': line_number(invoice, copy, line_no)::VARCHAR,
            'Title': coalesce(item.title, product.title, sku),
            'QuantityOrdered': quantity,
            'QuantityShipped': 0,
            'ItemPrice': {'CurrencyCode': getvariable('currency'), 'Amount': money(quantity * price)},
            'ShippingPrice': {
                'CurrencyCode': getvariable('currency'),
                'Amount': CASE WHEN item_no = 1 THEN money(shipping_total) ELSE '0.00' END
            }
        } ORDER BY line_no)
    })::VARCHAR AS body
FROM sent
INNER JOIN item USING (invoice)
LEFT JOIN product USING (code)
GROUP BY sent_at, invoice, copy, is_second;
