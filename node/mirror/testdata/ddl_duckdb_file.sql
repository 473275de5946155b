CREATE OR REPLACE VIEW "lab results" AS
SELECT
  CAST("hospital" AS VARCHAR) AS "hospital",
  CAST("ok" AS BOOLEAN) AS "ok",
  CAST("i8" AS TINYINT) AS "i8",
  CAST("i16" AS SMALLINT) AS "i16",
  CAST("i32" AS INT) AS "i32",
  CAST("i64" AS BIGINT) AS "i64",
  CAST("u8" AS UTINYINT) AS "u8",
  CAST("u16" AS USMALLINT) AS "u16",
  CAST("u32" AS UINTEGER) AS "u32",
  CAST("u64" AS UBIGINT) AS "u64",
  CAST("short" AS DECIMAL(12,3)) AS "short",
  CAST("wide" AS DECIMAL(38,10)) AS "wide",
  CAST("ratio" AS DOUBLE) AS "ratio",
  CAST("born" AS DATE) AS "born",
  CAST(("at" AT TIME ZONE 'UTC') AS TIMESTAMP) AS "at",
  CAST("it's" AS VARCHAR) AS "it's",
  CAST("doc" AS VARCHAR) AS "doc",
  CAST("_delivery" AS VARCHAR) AS "_delivery"
FROM read_parquet('/srv/mirror/live/lab%20results/**/*.parquet', hive_partitioning = false, union_by_name = true);
