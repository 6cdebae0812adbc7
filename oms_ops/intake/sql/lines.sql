-- code_class: what each code on a line of this step is, and since when the product list has it.
CREATE OR REPLACE TEMP TABLE code_class AS
WITH code AS (
    SELECT DISTINCT upper(trim(line.code)) AS code
    FROM (SELECT unnest(lines) AS line FROM {{ mapped }})
)
SELECT code.code, service.line_type, service.adjustment_kind, known_sku.known_at
FROM code
LEFT JOIN service_code AS service
    ON service.code = code.code OR (service.is_prefix AND starts_with(code.code, service.code))
LEFT JOIN staging.known_sku ON known_sku.sku = code.code;

-- read_line: the lines of this step's documents, typed and told apart; `fault` is the first thing wrong with one.
CREATE OR REPLACE TEMP TABLE read_line AS
WITH piece AS (
    SELECT document_seq, generate_subscripts(lines, 1) AS line_no, unnest(lines) AS line
    FROM {{ mapped }}
),
typed AS (
    SELECT
        document_seq,
        line_no,
        line,
        upper(trim(line.code)) AS code,
        TRY_CAST(line.quantity AS DECIMAL(18, 3)) AS quantity,
        TRY_CAST(line.unit_price AS DECIMAL(18, 4)) AS stated_price,
        TRY_CAST(line.amount AS DECIMAL(18, 4)) AS stated_amount
    FROM piece
),
told AS (
    SELECT
        typed.*,
        CASE
            WHEN class.line_type IS NOT NULL THEN class.line_type
            WHEN line.role = 'shipping' THEN 'shipping'
            WHEN line.role = 'fee' THEN 'adjustment'
            ELSE 'product'
        END AS line_type,
        CASE
            WHEN class.line_type IS NOT NULL OR line.role = 'item' THEN typed.code
            WHEN line.role = 'shipping' THEN 'POST'
            ELSE 'M'
        END AS sku,
        CASE WHEN class.line_type IS NULL AND line.role = 'fee' THEN 'manual' ELSE class.adjustment_kind END
            AS adjustment_kind,
        class.known_at,
        CASE
            WHEN stated_amount IS NULL THEN stated_price
            WHEN quantity > 0 THEN TRY_CAST(stated_amount / quantity AS DECIMAL(18, 4))
        END AS unit_price
    FROM typed
    LEFT JOIN code_class AS class ON class.code = typed.code
),
priced AS (
    SELECT *, TRY_CAST(TRY(quantity * unit_price) AS DECIMAL(18, 4)) AS amount
    FROM told
)
SELECT
    document_seq,
    line_no,
    {{ own }},
    sku,
    line_type,
    adjustment_kind,
    quantity,
    unit_price,
    amount,
    TRY(stated_amount - amount) AS rest,
    known_at,
    CASE
        WHEN {{ id_absent }} THEN 'missing_field: id is missing'
        WHEN coalesce(sku, '') = '' AND {{ sku_needed }} THEN 'missing_field: sku is missing'
        WHEN line.quantity IS NULL THEN 'missing_field: quantity is missing'
        WHEN quantity IS NULL THEN 'bad_value: quantity ' || line.quantity || ' is not a number'
        WHEN line.unit_price IS NULL AND line.amount IS NULL THEN 'missing_field: price is missing'
        WHEN line.unit_price IS NOT NULL AND stated_price IS NULL
            THEN 'bad_value: price ' || line.unit_price || ' is not a number'
        WHEN line.amount IS NOT NULL AND stated_amount IS NULL
            THEN 'bad_value: amount ' || line.amount || ' is not a number'
        WHEN quantity <= 0 THEN 'negative_quantity: quantity ' || line.quantity || ', more than 0 is allowed'
        WHEN quantity <> trunc(quantity)
            THEN 'fractional_quantity: quantity ' || line.quantity || ', whole units are allowed'
        WHEN line_type <> 'adjustment' AND (stated_price < 0 OR stated_amount < 0)
            THEN 'negative_price: price ' || coalesce(line.unit_price, line.amount) || ', 0 or more is allowed'
        WHEN amount IS NULL THEN 'bad_value: ' || line.quantity || ' units at ' || unit_price || ' is more than fits'
        WHEN line_type IN ('product', 'gift_card', 'test') AND known_at IS NULL AND sku <> ''
            THEN 'unknown_sku: sku ' || sku || ' is not in the product list'
        {{ own_check }}
    END AS fault
FROM priced;

INSERT INTO problem
WITH first_fault AS (
    SELECT document_seq, min(line_no) AS line_no, arg_min(fault, line_no) AS fault
    FROM read_line
    WHERE fault IS NOT NULL
    GROUP BY document_seq
)
SELECT
    document_seq,
    10,
    split_part(fault, ': ', 1),
    'line ' || line_no || ': ' || substring(fault, strpos(fault, ': ') + 2)
FROM first_fault;

-- What rounding the price per unit took from a line's stated amount.
INSERT INTO read_line BY NAME
SELECT
    document_seq,
    (SELECT max(all_line.line_no) FROM read_line AS all_line WHERE all_line.document_seq = short.document_seq)
        + row_number() OVER (PARTITION BY document_seq ORDER BY line_no) AS line_no,
    {{ rounding }},
    'ROUNDING' AS sku,
    'adjustment' AS line_type,
    'other' AS adjustment_kind,
    1 AS quantity,
    rest AS unit_price,
    rest AS amount
FROM read_line AS short
WHERE rest <> 0 AND fault IS NULL;
