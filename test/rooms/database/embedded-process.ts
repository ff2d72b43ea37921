// A process of its own that opens the embedded database: `<dataDir> start|attach-or-start [statement…]`.
// It prints one JSON line, {rows} or {error}, and then stays until its standard input ends.
import { CompiledQuery } from 'kysely';
import { openDatabase } from '../../../src/database/database.ts';

const [dataDir = '', embedded, ...statements] = process.argv.slice(2);

try {
  const database = await openDatabase({
    url: undefined,
    dataDir,
    poolSize: 2,
    embedded: embedded === 'start' ? 'start' : 'attach-or-start',
  });
  const rows: unknown[] = [];
  for (const statement of statements) rows.push((await database.db.executeQuery(CompiledQuery.raw(statement))).rows);
  console.log(JSON.stringify({ rows }));
  for await (const _ of process.stdin);
  await database.close();
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }));
  process.exitCode = 1;
}
