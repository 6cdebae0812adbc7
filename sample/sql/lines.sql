-- line: one source line, with its type and where it goes. The second sheet's copy of an invoice is a repeat.
CREATE TABLE line AS
WITH source AS (
    SELECT
        file_row_number AS row_no,
        Invoice AS invoice,
        trim(StockCode) AS sku,
        upper(trim(StockCode)) AS code,
        nullif(trim(nullif(Description, 'nan')), '') AS title,
        Quantity::BIGINT AS quantity,
        Price::DECIMAL(18, 4) AS price,
        InvoiceDate AS sold_local,
        "Customer ID"::BIGINT AS customer_id,
        Country AS country,
        sheet
    FROM read_parquet(getvariable('source'), file_row_number = true)
),
typed AS (
    SELECT
        *,
        CASE
            WHEN code IN ('POST', 'DOT', 'C2', 'C3') THEN 'shipping'
            WHEN code IN ('M', 'D', 'S', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'B', 'ADJUST', 'ADJUST2')
                THEN 'adjustment'
            WHEN code IN ('TEST001', 'TEST002') THEN 'test'
            WHEN starts_with(code, 'GIFT') THEN 'gift_card'
            ELSE 'product'
        END AS line_type
    FROM source
),
invoice_fact AS (
    SELECT
        invoice,
        min(sheet) AS sheet,
        min(sold_local) AS placed_local,
        bool_and(price = 0) AND count(customer_id) = 0 AS is_stock_note,
        bool_or(is_goods(line_type)) AS has_goods
    FROM typed
    GROUP BY invoice
)
SELECT
    typed.* EXCLUDE (sheet),
    invoice_fact.placed_local,
    utc(invoice_fact.placed_local) AS placed_at,
    row_number() OVER (PARTITION BY invoice, typed.sheet ORDER BY row_no) AS line_no,
    CASE
        WHEN typed.sheet > invoice_fact.sheet THEN 'repeated'
        WHEN starts_with(invoice, 'A') THEN 'ledger'
        WHEN starts_with(invoice, 'C') THEN CASE WHEN is_goods(line_type) THEN 'credit' ELSE 'ledger' END
        WHEN is_stock_note THEN CASE WHEN is_goods(line_type) THEN 'stock_adjustment' ELSE 'ledger' END
        WHEN has_goods THEN 'order'
        ELSE 'ledger'
    END AS destination
FROM typed
INNER JOIN invoice_fact USING (invoice)
ORDER BY invoice_fact.placed_local, invoice, typed.sheet, row_no;

-- repeated_invoice: an invoice that stands in both sheets, delivered a second time word for word.
CREATE TABLE repeated_invoice AS
SELECT DISTINCT invoice FROM line WHERE destination = 'repeated' ORDER BY invoice;
