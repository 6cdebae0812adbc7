-- The chunk's documents as file contents: one row per day and delivery, documents in sent_at, id order.
SELECT
    CASE WHEN is_second THEN strftime(getvariable('second_day'), '%Y-%m-%d') || '.second-delivery'
        ELSE strftime(sent_at, '%Y-%m-%d') END AS file,
    count(*) AS documents,
    string_agg(body, chr(10) ORDER BY sent_at, id, body) || chr(10) AS content
FROM document
WHERE sent_at < getvariable('clock')
GROUP BY file
ORDER BY file;
