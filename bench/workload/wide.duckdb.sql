-- The questions over events whose MySQL text DuckDB does not take or means differently.
-- W20
SELECT instrument_id, AVG(length(page)) AS l, COUNT(*) AS c FROM events GROUP BY instrument_id HAVING COUNT(*) > 100 ORDER BY l DESC, instrument_id LIMIT 25;
-- W25
SELECT strftime(event_time, '%Y-%m-%d %H:00:00') AS h, COUNT(*) FROM events WHERE event_date >= '2026-05-10' AND event_date < '2026-06-10' AND is_error = FALSE GROUP BY h ORDER BY h LIMIT 10 OFFSET 100;
