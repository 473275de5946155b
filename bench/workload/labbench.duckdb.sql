-- LabBench in DuckDB's wording, for the queries whose MySQL text it does not take or means differently. NULL sorts first.
-- Q02
SELECT COUNT(*), AVG(CAST(value AS DOUBLE)), MIN(value), MAX(value) FROM labs;
-- Q05
SELECT hospital_id, COUNT(*), AVG(value) FROM labs GROUP BY hospital_id ORDER BY 2 DESC, 1 LIMIT 10;
-- Q07
SELECT strftime(collected_at, '%Y-%m-01') AS m, COUNT(*), AVG(value) FROM labs WHERE test_code = '10000-0' GROUP BY m ORDER BY m;
-- Q14
SELECT * FROM labs ORDER BY value DESC NULLS LAST, patient_id, collected_at, test_code LIMIT 10;
-- Q18
SELECT AVG(date_sub('minute', collected_at, resulted_at)) FROM labs WHERE specimen = 'Blood' AND status <> 'preliminary';
-- Q23
SELECT HOUR(collected_at) AS h, isodow(collected_at) - 1 AS d, COUNT(*) FROM labs GROUP BY h, d ORDER BY d, h;
-- Q13
SELECT hospital_id, MEDIAN(CAST(value AS DOUBLE)) FROM labs GROUP BY hospital_id ORDER BY hospital_id;
