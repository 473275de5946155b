-- LabBench in ClickHouse's wording, for the queries whose MySQL text it does not take or means differently.
-- Q07
SELECT formatDateTime(collected_at, '%Y-%m-01') AS m, COUNT(*), AVG(value) FROM labs WHERE test_code = '10000-0' GROUP BY m ORDER BY m;
-- Q13
SELECT hospital_id, quantileExactInclusive(0.5)(toFloat64(value)) FROM labs GROUP BY hospital_id ORDER BY hospital_id;
-- Q18
SELECT AVG(age('minute', collected_at, resulted_at)) FROM labs WHERE specimen = 'Blood' AND status <> 'preliminary';
-- Q22
SELECT patient_id, collected_at, value, value - lag(toNullable(value)) OVER (PARTITION BY patient_id ORDER BY collected_at, value) AS delta FROM labs WHERE test_code = '10000-0' AND hospital_id = 'H0003' ORDER BY patient_id, collected_at, value LIMIT 100;
-- Q23
SELECT HOUR(collected_at) AS h, toDayOfWeek(collected_at, 1) AS d, COUNT(*) FROM labs GROUP BY h, d ORDER BY d, h;
