// Runs statements on a rival engine.
//
//   node query.mjs duckdb|clickhouse < request > rows
//
// The request is JSON: {"setup": ["statement", ...], "sql": "statement"}, or with "queries": ["statement", ...] in place of "sql".
// The answer is a JSON array of rows (an array of such arrays, one a query, for "queries"), each row an array of values as
// text, null for NULL: BOOLEAN true or false, times as the engine prints them. An error goes to stderr with exit 1.
// DuckDB runs in memory; ClickHouse in a session whose folder is removed at the end.
import { readFileSync } from 'node:fs';

// text writes a value as the engine would print it.
function text(value) {
  return value === null || value === undefined ? null : String(value);
}

// each answers one statement, or several in turn.
async function each(ask, sql, queries) {
  if (!queries) {
    return ask(sql);
  }
  const answers = [];
  for (const statement of queries) {
    answers.push(await ask(statement));
  }
  return answers;
}

// duckdb answers with the engine's own values, whose toString is its text form.
async function duckdb({ setup = [], sql, queries }) {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const statement of setup) {
    await connection.run(statement);
  }
  const ask = async (statement) => (await connection.runAndReadAll(statement)).getRows().map((row) => row.map(text));
  return each(ask, sql, queries);
}

// Numbers that JavaScript cannot hold must come quoted; all of them do, so that digits survive.
const exact = [
  'SET output_format_json_quote_64bit_integers = 1',
  'SET output_format_json_quote_decimals = 1',
  'SET output_format_json_quote_denormals = 1',
];

async function clickhouse({ setup = [], sql, queries }) {
  const { Session } = await import('chdb');
  const session = new Session();
  try {
    for (const statement of [...exact, ...setup]) {
      session.query(statement);
    }
    const ask = (statement) => {
      const lines = session.query(statement, 'JSONCompactEachRow').split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line).map(text));
    };
    return await each(ask, sql, queries);
  } finally {
    session.cleanup();
  }
}

const engines = { duckdb, clickhouse };

try {
  const engine = engines[process.argv[2]];
  if (!engine) {
    throw new Error(`usage: node query.mjs ${Object.keys(engines).join('|')} < request.json`);
  }
  const rows = await engine(JSON.parse(readFileSync(0, 'utf8')));
  process.stdout.write(JSON.stringify(rows), () => process.exit(0));
} catch (error) {
  process.stderr.write(`${error.message}\n`, () => process.exit(1));
}
