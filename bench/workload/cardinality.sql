-- Questions over the table of samples, whose keys are nearly all different. One statement a line, MySQL 8 grammar.
-- H01
SELECT COUNT(DISTINCT barcode) FROM samples;
-- H02
SELECT COUNT(DISTINCT sample_id) FROM samples;
-- H03
SELECT COUNT(DISTINCT order_uuid) FROM samples;
-- H04
SELECT barcode, COUNT(*) AS c, SUM(amount) FROM samples GROUP BY barcode ORDER BY c DESC, barcode LIMIT 10;
-- H05
SELECT sample_id, COUNT(*) AS c, MAX(amount) FROM samples GROUP BY sample_id ORDER BY c DESC, sample_id LIMIT 10;
-- H06
SELECT order_uuid, SUM(quantity) AS s, MIN(collected_at) FROM samples GROUP BY order_uuid ORDER BY s DESC, order_uuid LIMIT 10;
-- H07
SELECT COUNT(*), SUM(n), MAX(n) FROM (SELECT barcode, COUNT(*) AS n FROM samples GROUP BY barcode HAVING COUNT(*) > 1) AS t;
-- H08
SELECT patient_id, COUNT(*) AS c, COUNT(DISTINCT device), AVG(amount) FROM samples GROUP BY patient_id ORDER BY c DESC, patient_id LIMIT 10;
-- H09
SELECT patient_id, device, COUNT(*) AS c FROM samples GROUP BY patient_id, device ORDER BY c DESC, patient_id, device LIMIT 10;
-- H10
SELECT sample_id, amount, collected_at FROM samples ORDER BY amount DESC, sample_id, collected_at LIMIT 100;
-- H11
SELECT device, MEDIAN(amount) AS m FROM samples GROUP BY device ORDER BY m DESC, device LIMIT 10;
-- H12
SELECT COUNT(*), MIN(amount), MAX(collected_at) FROM samples WHERE order_uuid LIKE 'abc%';
