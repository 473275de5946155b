-- The questions over samples whose MySQL text ClickHouse does not take or means differently.
-- H11
SELECT device, quantileExactInclusive(0.5)(toFloat64(amount)) AS m FROM samples GROUP BY device ORDER BY m DESC, device LIMIT 10;
