-- How many rows of {{ table }} are not as wanted.
SELECT count(*)
FROM ((FROM {{ table }} EXCEPT FROM wanted) UNION ALL (FROM wanted EXCEPT FROM {{ table }}))
