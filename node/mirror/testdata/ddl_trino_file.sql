CREATE TABLE hive.default."lab results" (
  "ok" boolean,
  "i8" tinyint,
  "i16" smallint,
  "i32" integer,
  "i64" bigint,
  "u8" smallint,
  "u16" integer,
  "u32" bigint,
  "u64" decimal(20,0),
  "short" decimal(12,3),
  "wide" decimal(38,10),
  "ratio" double,
  "born" date,
  "at" timestamp(6),
  "it's" varchar,
  "doc" varchar,
  "_delivery" varchar,
  "hospital" varchar,
  "at_month" varchar,
  "born_year" integer,
  "i64_bucket" integer
)
WITH (
  format = 'PARQUET',
  external_location = '/srv/mirror/live/lab%20results/',
  partitioned_by = ARRAY['hospital', 'at_month', 'born_year', 'i64_bucket']
);
-- again whenever new partitions were loaded:
CALL hive.system.sync_partition_metadata('default', 'lab results', 'FULL');
