CREATE EXTERNAL TABLE `lab results` (
  `ok` boolean,
  `i8` tinyint,
  `i16` smallint,
  `i32` int,
  `i64` bigint,
  `u8` smallint,
  `u16` int,
  `u32` bigint,
  `u64` decimal(20,0),
  `short` decimal(12,3),
  `wide` decimal(38,10),
  `ratio` double,
  `born` date,
  `at` timestamp,
  `it's` string,
  `doc` string,
  `_delivery` string
)
PARTITIONED BY (
  `hospital` string,
  `at_month` string,
  `born_year` int,
  `i64_bucket` int
)
STORED AS PARQUET
LOCATION '/srv/mirror/live/lab%20results/';
-- again whenever new partitions were loaded:
MSCK REPAIR TABLE `lab results`;
