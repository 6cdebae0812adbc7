-- Names and numbers every document needs. Draws are keyed by purpose and subject, never by row order.
CREATE MACRO draw(purpose, subject) AS
    md5_number_lower(concat_ws('|', getvariable('seed'), purpose, subject)) / 18446744073709551616.0;

CREATE MACRO utc(local_time) AS timezone('UTC', timezone(getvariable('zone'), local_time));
CREATE MACRO local(utc_time) AS timezone(getvariable('zone'), timezone('UTC', utc_time));
CREATE MACRO iso_z(utc_time) AS strftime(utc_time, '%Y-%m-%dT%H:%M:%SZ');
CREATE MACRO iso_plain(some_time) AS strftime(some_time, '%Y-%m-%dT%H:%M:%S');
CREATE MACRO iso_shop(utc_time) AS
    strftime(local(utc_time), '%Y-%m-%dT%H:%M:%S')
    || CASE WHEN local(utc_time) < utc_time THEN '-' ELSE '+' END
    || strftime(
        TIMESTAMP '2000-01-01' + to_minutes(abs(date_diff('minute', utc_time, local(utc_time)))), '%H:%M');

CREATE MACRO money(amount) AS
    CASE WHEN amount = round(amount, 2) THEN amount::DECIMAL(18, 2)::VARCHAR
         ELSE rtrim(amount::DECIMAL(18, 4)::VARCHAR, '0') END;

CREATE MACRO csv(field) AS
    CASE WHEN field IS NULL THEN ''
         WHEN regexp_matches(field, '[",\r\n]') THEN '"' || replace(field, '"', '""') || '"'
         ELSE field END;

CREATE MACRO is_goods(line_type) AS line_type IN ('product', 'gift_card', 'test');

CREATE MACRO document_number(invoice, copy) AS copy * 1000000 + ltrim(invoice, 'AC')::BIGINT;
CREATE MACRO line_number(invoice, copy, line_no) AS document_number(invoice, copy) * 10000 + line_no;
CREATE MACRO customer_number(customer_id, copy) AS customer_id + copy * 100000;
CREATE MACRO copied(name, copy) AS name || CASE WHEN copy = 0 THEN '' ELSE '-K' || copy END;
CREATE MACRO amazon_number(invoice, copy) AS
    '203-' || lpad(invoice, 7, '0') || '-' || lpad(copy::VARCHAR, 3, '0')
    || lpad((floor(draw('amazon', invoice) * 10000)::INTEGER)::VARCHAR, 4, '0');
CREATE MACRO external_id(channel_id, invoice, copy) AS
    CASE channel_id
        WHEN 'amazon' THEN amazon_number(invoice, copy)
        WHEN 'wholesale' THEN copied(invoice, copy)
        ELSE document_number(invoice, copy)::VARCHAR END;
