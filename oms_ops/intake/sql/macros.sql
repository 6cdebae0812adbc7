-- CSV text to fields. Quoted parts are the even pieces between double quotes; separators inside them are set aside.
CREATE OR REPLACE TEMP MACRO set_aside(txt, separator, mark) AS
    array_to_string(list_transform(
        string_split(txt, '"'), lambda piece, place: CASE WHEN place % 2 = 0 THEN replace(piece, separator, mark) ELSE piece END
    ), '"');

CREATE OR REPLACE TEMP MACRO unquoted(field) AS
    CASE WHEN starts_with(field, '"') AND ends_with(field, '"') AND strlen(field) > 1
        THEN replace(substring(field, 2, length(field) - 2), '""', '"') ELSE field END;

CREATE OR REPLACE TEMP MACRO csv_fields(line) AS
    CASE WHEN contains(line, '"')
        THEN list_transform(
            string_split(set_aside(line, ',', chr(30)), ','), lambda field: replace(unquoted(field), chr(30), ','))
        ELSE string_split(line, ',') END;

CREATE OR REPLACE TEMP MACRO csv_lines(txt) AS
    CASE WHEN contains(txt, '"')
        THEN list_transform(
            string_split(set_aside(txt, chr(10), chr(31)), chr(10)), lambda line: replace(line, chr(31), chr(10)))
        ELSE string_split(txt, chr(10)) END;

-- The same characters mean something else where the bytes were not UTF-8.
CREATE OR REPLACE TEMP MACRO fingerprint(body, fault) AS
    md5(CASE WHEN fault IS NULL THEN body ELSE 'not UTF-8: ' || body END);

-- An instant a person may have meant; NULL for what cannot be read and for the ends of time.
CREATE OR REPLACE TEMP MACRO instant(said) AS
    CASE
        WHEN TRY_CAST(said AS TIMESTAMPTZ) BETWEEN TIMESTAMPTZ '1900-01-01 00:00:00+00' AND TIMESTAMPTZ '2200-01-01 00:00:00+00'
            THEN TRY_CAST(said AS TIMESTAMPTZ)
    END;

-- What mappings need: the shop's own clock, and a number written with the other sign. Texts that cannot be read stay as found.
CREATE OR REPLACE TEMP MACRO shop_instant(local_time) AS
    coalesce(timezone(getvariable('shop_zone'), instant(local_time)::TIMESTAMP)::VARCHAR, local_time);

CREATE OR REPLACE TEMP MACRO shop_day_end(local_date) AS
    coalesce(
        timezone(getvariable('shop_zone'), instant(local_date)::DATE::TIMESTAMP + INTERVAL 1 DAY)::VARCHAR, local_date);

CREATE OR REPLACE TEMP MACRO negated(number) AS
    CASE WHEN starts_with(number, '-') THEN substring(number, 2) ELSE '-' || number END;
