-- Since when each sku is in the product list, whatever its later versions say.
INSERT INTO staging.known_sku
SELECT sku, min(sent_at)
FROM judged
ANTI JOIN staging.known_sku AS known USING (sku)
GROUP BY sku;
