// A server that serves, and cannot ask its database just then whether there is an administrator.
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { answerOf, startProgram } from '../cli/command-line.ts';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { freePort } from '../support/start-server.ts';

describe.skipIf(!postgresAvailable())('the link to the first administrator', { timeout: 400_000 }, () => {
  test.each(['1', '2'])('comes when the database can be asked, and %s worker(s) serve meanwhile', async (workers) => {
    const database = await makeTestDatabase('postgres');
    onTestFinished(() => database.remove());
    const port = await freePort();
    const env = {
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_DATA_DIR: database.dataDir,
      DATABASE_URL: database.url ?? '',
      HOST: '127.0.0.1',
      PORT: String(port),
    };
    const place = { ...configFiles({ 'config/gatehouse.yaml': 'logging: { format: json }\n' }), env };
    await answerOf({ ...place, env: { ...env, GATEHOUSE_LOG_LEVEL: 'silent' } }, ['migrate']);
    const { db, close } = await openDatabase({ url: database.url, dataDir: database.dataDir, poolSize: 1 });
    await sql`alter table setup_links rename to setup_links_away`.execute(db);

    const program = startProgram(place, ['serve', '--workers', workers]);
    await program.shows(/"setup\.not_greeted"/);
    expect((await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: 'close' } })).status).toBe(200);
    expect(program.output()).not.toContain('/setup?token=');
    await sql`alter table setup_links_away rename to setup_links`.execute(db);
    await close();
    await program.shows(/\/setup\?token=/);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output().match(/\/setup\?token=/g)).toHaveLength(1);
  });
});
