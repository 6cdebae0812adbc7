-- One canonical order per Selling Partner Orders v0 order and its items, whichever half is `document` and which `partner`.
WITH pair AS (
    SELECT
        document.document_seq,
        partner.sent_at AS partner_sent_at,
        CASE document.kind WHEN 'orders' THEN document.body ELSE partner.body END AS order_body,
        CASE document.kind WHEN 'orders' THEN partner.body ELSE document.body END AS items_body
    FROM document
    LEFT JOIN partner USING (external_id)
),
parsed AS (
    SELECT
        document_seq,
        partner_sent_at,
        order_body IS NOT NULL AS has_order,
        items_body IS NOT NULL AS has_items,
        json_transform(order_body, '{
            "AmazonOrderId": "VARCHAR",
            "PurchaseDate": "VARCHAR",
            "LastUpdateDate": "VARCHAR",
            "OrderStatus": "VARCHAR",
            "LatestShipDate": "VARCHAR",
            "LatestDeliveryDate": "VARCHAR",
            "OrderTotal": {"CurrencyCode": "VARCHAR"},
            "BuyerInfo": {"BuyerEmail": "VARCHAR"},
            "ShippingAddress": {"CountryCode": "VARCHAR"}
        }') AS doc,
        json_transform(items_body, '{"OrderItems": [{
            "OrderItemId": "VARCHAR", "SellerSKU": "VARCHAR", "Title": "VARCHAR", "QuantityOrdered": "VARCHAR",
            "ItemPrice": {"CurrencyCode": "VARCHAR", "Amount": "VARCHAR"},
            "ShippingPrice": {"CurrencyCode": "VARCHAR", "Amount": "VARCHAR"}
        }]}') AS items
    FROM pair
),
totaled AS (
    SELECT *, list_sum(list_transform(
        items.OrderItems, lambda item: TRY_CAST(item.ShippingPrice.Amount AS DECIMAL(18, 4)))) AS shipping
    FROM parsed
),
country (code, name) AS (
    VALUES
        ('AE', 'United Arab Emirates'), ('AT', 'Austria'), ('AU', 'Australia'), ('BE', 'Belgium'), ('BH', 'Bahrain'),
        ('BM', 'Bermuda'), ('BR', 'Brazil'), ('CA', 'Canada'), ('CH', 'Switzerland'), ('CY', 'Cyprus'),
        ('CZ', 'Czech Republic'), ('DE', 'Germany'), ('DK', 'Denmark'), ('ES', 'Spain'), ('FI', 'Finland'),
        ('FR', 'France'), ('GB', 'United Kingdom'), ('GG', 'Channel Islands'), ('GR', 'Greece'), ('HK', 'Hong Kong'),
        ('IE', 'EIRE'), ('IL', 'Israel'), ('IS', 'Iceland'), ('IT', 'Italy'), ('JE', 'Channel Islands'), ('JP', 'Japan'),
        ('KR', 'Korea'), ('LB', 'Lebanon'), ('LT', 'Lithuania'), ('MT', 'Malta'), ('NG', 'Nigeria'), ('NL', 'Netherlands'),
        ('NO', 'Norway'), ('PL', 'Poland'), ('PT', 'Portugal'), ('SA', 'Saudi Arabia'), ('SE', 'Sweden'),
        ('SG', 'Singapore'), ('TH', 'Thailand'), ('US', 'USA'), ('ZA', 'RSA')
)
SELECT
    document_seq,
    partner_sent_at,
    CASE WHEN NOT has_items THEN 'its items (kind order_items)' WHEN NOT has_order THEN 'the order itself (kind orders)' END AS missing,
    doc.AmazonOrderId AS order_number,
    nullif(split_part(doc.BuyerInfo.BuyerEmail, '@', 1), '') AS customer_id,
    coalesce(country.name, doc.ShippingAddress.CountryCode) AS country,
    coalesce(doc.OrderTotal.CurrencyCode, items.OrderItems[1].ItemPrice.CurrencyCode) AS currency,
    doc.PurchaseDate AS placed_at,
    doc.LatestShipDate AS promised_ship_by,
    doc.LatestDeliveryDate AS promised_deliver_by,
    CASE WHEN doc.OrderStatus = 'Canceled' THEN doc.LastUpdateDate END AS canceled_at,
    CASE WHEN has_order AND doc.OrderStatus IS NULL THEN 'OrderStatus' END AS absent,
    CASE WHEN items.OrderItems IS NOT NULL THEN list_concat(
        list_transform(items.OrderItems, lambda item: {
            'line_id': item.OrderItemId,
            'role': 'item',
            'code': item.SellerSKU,
            'title': item.Title,
            'quantity': item.QuantityOrdered,
            'unit_price': NULL::VARCHAR,
            'amount': item.ItemPrice.Amount
        }),
        CASE WHEN shipping > 0 THEN [{
            'line_id': 'shipping',
            'role': 'shipping',
            'code': 'POST',
            'title': 'Shipping',
            'quantity': '1',
            'unit_price': shipping::VARCHAR,
            'amount': NULL::VARCHAR
        }] END
    ) END AS lines
FROM totaled
LEFT JOIN country ON country.code = doc.ShippingAddress.CountryCode
