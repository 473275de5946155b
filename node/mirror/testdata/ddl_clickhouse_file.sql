-- a server reads files below user_files_path only; clickhouse-local reads any
CREATE OR REPLACE VIEW `lab results` AS
SELECT
  `hospital`,
  `ok`,
  `i8`,
  `i16`,
  `i32`,
  `i64`,
  `u8`,
  `u16`,
  `u32`,
  `u64`,
  `short`,
  `wide`,
  `ratio`,
  `born`,
  `at`,
  `it's`,
  `doc`,
  `_delivery`
FROM file('/srv/mirror/live/lab%20results/**/*.parquet', 'Parquet', '`hospital` Nullable(String), `ok` Nullable(Bool), `i8` Nullable(Int8), `i16` Nullable(Int16), `i32` Nullable(Int32), `i64` Nullable(Int64), `u8` Nullable(UInt8), `u16` Nullable(UInt16), `u32` Nullable(UInt32), `u64` Nullable(UInt64), `short` Nullable(Decimal(12, 3)), `wide` Nullable(Decimal(38, 10)), `ratio` Nullable(Float64), `born` Nullable(Date32), `at` Nullable(DateTime64(6, ''UTC'')), `it''s` Nullable(String), `doc` Nullable(String), `_delivery` Nullable(String)')
SETTINGS use_hive_partitioning = 0;
