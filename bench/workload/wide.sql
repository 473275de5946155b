-- Questions over the wide table of events, in the manner of ClickBench. One statement a line, MySQL 8 grammar.
-- W01
SELECT COUNT(*) FROM events WHERE status_code <> 200;
-- W02
SELECT SUM(bytes_out), COUNT(*), AVG(screen_width) FROM events;
-- W03
SELECT AVG(user_id) FROM events;
-- W04
SELECT COUNT(DISTINCT user_id) FROM events;
-- W05
SELECT COUNT(DISTINCT search_phrase) FROM events;
-- W06
SELECT MIN(event_date), MAX(event_date) FROM events;
-- W07
SELECT status_code, COUNT(*) FROM events WHERE status_code <> 200 GROUP BY status_code ORDER BY 2 DESC, 1;
-- W08
SELECT hospital_id, COUNT(DISTINCT user_id) AS u FROM events GROUP BY hospital_id ORDER BY u DESC, hospital_id LIMIT 10;
-- W09
SELECT hospital_id, SUM(duration_ms), COUNT(*) AS c, AVG(screen_width), COUNT(DISTINCT user_id) FROM events GROUP BY hospital_id ORDER BY c DESC, hospital_id LIMIT 10;
-- W10
SELECT device_model, COUNT(DISTINCT user_id) AS u FROM events WHERE device_model IS NOT NULL GROUP BY device_model ORDER BY u DESC, device_model LIMIT 10;
-- W11
SELECT search_phrase, COUNT(*) AS c FROM events WHERE search_phrase IS NOT NULL GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10;
-- W12
SELECT event_type, search_phrase, COUNT(*) AS c FROM events WHERE search_phrase IS NOT NULL GROUP BY event_type, search_phrase ORDER BY c DESC, event_type, search_phrase LIMIT 10;
-- W13
SELECT user_id, COUNT(*) AS c FROM events GROUP BY user_id ORDER BY c DESC, user_id LIMIT 10;
-- W14
SELECT user_id, MINUTE(event_time) AS m, search_phrase, COUNT(*) FROM events WHERE search_phrase IS NOT NULL GROUP BY user_id, m, search_phrase ORDER BY 4 DESC, 1, 2, 3 LIMIT 10;
-- W15
SELECT event_time, page, action, duration_ms FROM events WHERE user_id = 123456 ORDER BY event_time, page, action, duration_ms;
-- W16
SELECT COUNT(*) FROM events WHERE page LIKE '%/trend/%';
-- W17
SELECT search_phrase, MIN(page), MIN(title), COUNT(*) AS c FROM events WHERE page LIKE '%trend%' AND search_phrase IS NOT NULL GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10;
-- W18
SELECT * FROM events WHERE page LIKE '%/critical/%' ORDER BY event_time, event_id LIMIT 10;
-- W19
SELECT search_phrase FROM events WHERE search_phrase IS NOT NULL ORDER BY event_time, search_phrase LIMIT 10;
-- W20
SELECT instrument_id, AVG(CHAR_LENGTH(page)) AS l, COUNT(*) AS c FROM events GROUP BY instrument_id HAVING COUNT(*) > 100 ORDER BY l DESC, instrument_id LIMIT 25;
-- W21
SELECT SUM(screen_width), SUM(screen_width + 1), SUM(screen_width + 2), SUM(screen_width + 3), SUM(screen_width + 4), SUM(screen_width + 5), SUM(screen_width + 6), SUM(screen_width + 7), SUM(screen_width + 8), SUM(screen_width + 9) FROM events;
-- W22
SELECT user_id, client_ip, COUNT(*) AS c, SUM(bytes_in), AVG(duration_ms) FROM events GROUP BY user_id, client_ip ORDER BY c DESC, user_id, client_ip LIMIT 10;
-- W23
SELECT page, COUNT(*) AS c FROM events GROUP BY page ORDER BY c DESC, page LIMIT 10;
-- W24
SELECT page, COUNT(*) AS c FROM events WHERE hospital_id = 'H0003' AND event_date >= '2026-03-01' AND event_date <= '2026-03-31' AND is_bot = FALSE AND search_phrase IS NULL GROUP BY page ORDER BY c DESC, page LIMIT 10;
-- W25
SELECT DATE_FORMAT(event_time, '%Y-%m-%d %H:00:00') AS h, COUNT(*) FROM events WHERE event_date >= '2026-05-10' AND event_date < '2026-06-10' AND is_error = FALSE GROUP BY h ORDER BY h LIMIT 10 OFFSET 100;
-- W26
SELECT instrument_model, AVG(temperature), SUM(reagent_ml), SUM(cost), STDDEV_SAMP(quality), COUNT(quality) FROM events GROUP BY instrument_model ORDER BY instrument_model;
-- W27
SELECT CASE WHEN status_code >= 500 THEN 'server' WHEN status_code >= 400 THEN 'client' ELSE 'fine' END AS kind, app_name, is_mobile, COUNT(*), AVG(db_ms + network_ms), MAX(duration_ms) FROM events GROUP BY kind, app_name, is_mobile ORDER BY 4 DESC, 1, 2, 3 LIMIT 20;
-- W28
SELECT session_id, COUNT(*) AS c, MIN(event_time), MAX(event_time), COUNT(DISTINCT page) FROM events GROUP BY session_id ORDER BY c DESC, session_id LIMIT 10;
