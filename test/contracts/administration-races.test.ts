// Two who change the same account at the same moment: one after the other, by what is true when their turn comes.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockAccount } from '../../src/accounts/lock-account.ts';
import { issueMailedToken, type TokenPurpose, voidMailedTokens } from '../../src/accounts/mailed-tokens.ts';
import { endSessionAs, endSessionsAs } from '../../src/administration/accounts/end-sessions-as.ts';
import { KEEP_ACCOUNT_PATH } from '../../src/leaving/request-deletion.ts';
import { lockModel } from '../../src/roles/model-lock.ts';
import { endSessionsOf } from '../../src/sessions/end-session-of.ts';
import { listSessions } from '../../src/sessions/list-sessions.ts';
import { as, newAccount, startQuiet, type VerbDeps, verbDeps } from '../support/administering.ts';
import { newBrowser } from '../support/sign-in.ts';
import type { TestServer } from '../support/start-server.ts';
import { KINDS, newPerson, signedInBrowser, WEB } from './racing.ts';

/** Milliseconds. Long enough that a request has come to what it has to wait for. */
const MEANWHILE_MS = 1500;

describe.each(KINDS)('at the same moment, on %s', { timeout: 60_000 }, (kind) => {
  let server: TestServer;
  let deps: VerbDeps;
  beforeAll(async () => {
    server = await startQuiet(kind);
    deps = verbDeps(server);
  });
  afterAll(() => server.stop());

  /** Signed in twice. */
  async function signedInTwice() {
    const email = await newPerson(server);
    for (const _ of [1, 2]) await signedInBrowser(server, WEB, email);
    const { id } = await server.database.db
      .selectFrom('accounts')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirstOrThrow();
    return id;
  }

  const inSessions = () => ({ ...server.deps, limits: server.config.sessions });
  const eventsOf = (accountId: string) =>
    server.database.db
      .selectFrom('audit_events')
      .select(['event', 'details'])
      .where('account_id', '=', accountId)
      .where('event', 'like', 'session%.ended')
      .execute();

  test('whoever is losing the right to it ends no session any more', async () => {
    const jane = await signedInTwice();
    const ada = await newAccount(server, ['gatehouse:admin']);
    const [session] = await listSessions(inSessions(), jane);
    const handle = session?.handle ?? '';
    const tries = await server.database.db.transaction().execute(async (tx) => {
      await lockModel(tx);
      await tx.deleteFrom('role_assignments').where('account_id', '=', ada).execute();
      const begun = Promise.all([
        endSessionAs(deps, as(ada), { accountId: jane, handle }),
        endSessionsAs(deps, as(ada), { accountId: jane }),
      ]);
      await sleep(MEANWHILE_MS);
      return { begun };
    });
    expect((await tries.begun).map(({ outcome }) => outcome)).toEqual(['forbidden', 'forbidden']);
    expect(await listSessions(inSessions(), jane)).toHaveLength(2);
    expect(await eventsOf(jane)).toEqual([]);
  });

  test('what has ended before somebody lost the right to it is written down', async () => {
    const jane = await signedInTwice();
    let begun = 0;
    const first = async () => {
      begun += 1;
      if (begun === 2) throw new Error('lost meanwhile');
    };
    await expect(endSessionsOf(inSessions(), { accountId: jane, actor: 'operator', first })).rejects.toThrow('lost');
    expect(await listSessions(inSessions(), jane)).toHaveLength(1);
    expect(await eventsOf(jane)).toMatchObject([{ event: 'sessions.ended', details: { sessions: 1 } }]);
  });

  test.each([
    ['resets a password', 'reset_password', '/reset-password', { password: 'a new and rather long phrase' }],
    ['keeps the account', 'keep_account', KEEP_ACCOUNT_PATH, {}],
  ] as const)('a link that %s is void when an administrator was first', async (_what, purpose, path, fields) => {
    const email = await newPerson(server);
    const { db } = server.database;
    const { id } = await db.selectFrom('accounts').select('id').where('email', '=', email).executeTakeFirstOrThrow();
    if (purpose === 'keep_account') {
      await db
        .updateTable('accounts')
        .set({ status: 'deleting', delete_at: new Date('2100-01-01') })
        .where('id', '=', id)
        .execute();
    }
    const token = await issueMailedToken(server.deps, { accountId: id, purpose, boundTo: { email } });
    const browser = await newBrowser().open(`${server.issuer}${path}?token=${token}`);
    expect(browser.page.status).toBe(200);
    const opened = await db.transaction().execute(async (tx) => {
      await lockAccount(tx, id);
      const begun = browser.submit(fields);
      await sleep(MEANWHILE_MS);
      await voidMailedTokens(tx, id, [purpose satisfies TokenPurpose]);
      return { begun };
    });
    await opened.begun;
    expect(browser.page.status).toBe(400);
  });
});
