-- The questions over samples whose MySQL text DuckDB does not take or means differently.
-- H11
SELECT device, MEDIAN(CAST(amount AS DOUBLE)) AS m FROM samples GROUP BY device ORDER BY m DESC, device LIMIT 10;
