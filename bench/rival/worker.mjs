// A rival engine that lives for a whole run.
//
//   node worker.mjs duckdb|clickhouse MODULES FOLDER THREADS
//
// MODULES is the folder whose node_modules hold the engines, FOLDER keeps the engine's own data. Requests come as one line of JSON
// on stdin, answers go as one line of JSON to stdout, in order:
//
//   {"do": "run", "sql": "..."}    -> {}                                    a statement without rows
//   {"do": "rows", "sql": "..."}   -> {"columns": [{"name","type"}], "rows": [[text or null]]}
//   {"do": "time", "sql": "..."}   -> {"wall_ms", "cpu_ms"}                 all rows are fetched in the engine's own form and let go
//   {"do": "version"}              -> {"version": "..."}
//   {"do": "close"}                -> {}                                    the data is on disk, the process ends
//
// A failure is {"error": "..."}. Both measures are taken here, around the statement and the fetching of its whole result alone: no
// engine pays for the pipe or for turning rows into JavaScript values.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [, , name, modules, folder, threads] = process.argv;
const require = createRequire(join(modules, 'package.json'));

// text writes a value as the engine would print it.
const text = (value) => (value === null || value === undefined ? null : String(value));

async function duckdb() {
  const { DuckDBInstance, version } = require('@duckdb/node-api');
  const instance = await DuckDBInstance.create(join(folder, 'bench.duckdb'), { threads });
  const connection = await instance.connect();
  await connection.run("SET TimeZone='UTC'");
  await connection.run("SET default_null_order='nulls_first_on_asc_last_on_desc'");
  return {
    version: () => version(),
    run: (sql) => connection.run(sql),
    fetch: (sql) => connection.runAndReadAll(sql),
    rows: async (sql) => {
      const result = await connection.runAndReadAll(sql);
      const types = result.columnTypes();
      const columns = result.columnNames().map((column, i) => ({ name: column, type: types[i].toString() }));
      return { columns, rows: result.getRows().map((row) => row.map(text)) };
    },
    close: async () => {
      await connection.run('CHECKPOINT');
      connection.closeSync();
      instance.closeSync();
    },
  };
}

// Both query caches would answer a repeated question without work. Numbers that JavaScript cannot hold come quoted.
const settings = [
  'SET use_query_condition_cache = 0',
  'SET use_query_cache = 0',
  'SET output_format_json_quote_64bit_integers = 1',
  'SET output_format_json_quote_decimals = 1',
  'SET output_format_json_quote_denormals = 1',
];

async function clickhouse() {
  const { Session } = require('chdb');
  const session = new Session(join(folder, 'clickhouse'));
  for (const setting of [`SET max_threads = ${threads}`, `SET max_insert_threads = ${threads}`, ...settings]) {
    session.query(setting);
  }
  const rows = (sql) => {
    const [names, types, ...lines] = session.query(sql, 'JSONCompactEachRowWithNamesAndTypes').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
    return { columns: names.map((column, i) => ({ name: column, type: types[i] })), rows: lines.map((line) => line.map(text)) };
  };
  return {
    version: () => rows('SELECT version()').rows[0][0],
    run: (sql) => session.query(sql),
    fetch: (sql) => session.queryAsync(sql, { format: 'Native' }),
    rows,
    close: () => session.close(),
  };
}

async function timed(engine, sql) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await engine.fetch(sql);
  const wall = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return { wall_ms: wall, cpu_ms: (used.user + used.system) / 1000 };
}

async function answer(engine, request) {
  switch (request.do) {
    case 'run':
      await engine.run(request.sql);
      return {};
    case 'rows':
      return engine.rows(request.sql);
    case 'time':
      return timed(engine, request.sql);
    case 'version':
      return { version: await engine.version() };
    case 'close':
      await engine.close();
      return {};
    default:
      throw new Error(`cannot do ${request.do}`);
  }
}

const engine = await { duckdb, clickhouse }[name]();
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const reply = await answer(engine, request).catch((error) => ({ error: error.message }));
  await new Promise((sent) => process.stdout.write(`${JSON.stringify(reply)}\n`, sent));
  if (request.do === 'close') {
    break;
  }
}
process.exit(0);
