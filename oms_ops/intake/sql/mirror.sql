-- {{ table }} as the settings have it.
BEGIN;
DELETE FROM {{ table }};
INSERT INTO {{ table }} FROM wanted;
COMMIT;
