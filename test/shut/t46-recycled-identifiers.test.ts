// T46 recycled identifiers: whoever gets an address or a username after somebody else gets nothing of theirs.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { noteClients } from '../../src/clients/live/known-clients.ts';
import { listDevices } from '../../src/devices/devices.ts';
import { deleteDueAccounts, removeAccount } from '../../src/leaving/delete-account.ts';
import { requestDeletion } from '../../src/leaving/request-deletion.ts';
import { importAccounts } from '../../src/moving/import-accounts.ts';
import { changeProfile } from '../../src/profiles/change-profile.ts';
import { findProfile } from '../../src/profiles/profiles.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { rolesOf } from '../../src/roles/held.ts';
import { hasSecondFactor } from '../../src/second-factors/second-factor.ts';
import { connectedApps } from '../../src/sessions/connected-apps.ts';
import { listSessions } from '../../src/sessions/list-sessions.ts';
import { refresh, userinfo, WEB } from '../protocol/apps.ts';
import { movingClock } from '../support/moving-clock.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, errorOf, tokensOf, visits } from '../support/visits.ts';

describe('T46 recycled identifiers: Zitadel CVE-2026-55670', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });

  afterAll(() => server.stop());

  const ENDS: Readonly<Record<string, (accountId: string) => Promise<unknown>>> = {
    'by an operator': (accountId) => removeAccount(server.deps, { accountId }),
    async 'by its owner, after the time to think'(accountId) {
      await requestDeletion({ ...server.deps, config: server.config }, { accountId });
      movingClock.advance({ seconds: 8 * 86_400 });
      await deleteDueAccounts(server.deps);
    },
  };

  test.each(Object.keys(ENDS))(
    'bob is deleted %s; the next bob is another person, with nothing of his',
    async (how) => {
      const who = { email: `bob-${how.length}@example.test`, username: `bob-${how.length}` };
      const bob = await server.person({ ...who, name: 'Bob' });
      await grantRole(server.database.db, { accountId: bob.id, role: 'gatehouse:auditor' });
      await changeProfile(
        { ...server.deps, config: server.config },
        { accountId: bob.id, as: 'user' },
        { claims: { phone_number: '+49301234567' } },
      );
      const { browser } = await enrols(server, { identifier: who.email });
      const asking = await visits(
        server,
        { client_id: 'ask', scope: 'openid email offline_access', resource: API },
        browser,
      );
      if (asking.browser.page.text.includes('value="allow"')) await asking.browser.submit({}, 'Allow');
      const tokens = await tokensOf(server, asking);
      await ENDS[how]?.(bob.id);
      expect(await findAccount(server.database.db, bob.id)).toBeUndefined();

      const next = await server.person(who);
      expect(next.id).not.toBe(bob.id);
      const { db, clock } = server.deps;
      expect(await rolesOf({ db, clock: movingClock }, next.id)).toEqual([]);
      expect(await hasSecondFactor(db, next.id)).toBe(false);
      expect(await findProfile(db, next.id)).toEqual({ claims: {}, attributes: {} });
      expect(await connectedApps({ db, clock }, next.id)).toEqual([]);
      expect(await listDevices({ db, clock }, next.id)).toEqual([]);
      expect(await listSessions({ db, clock, limits: server.config.sessions }, next.id)).toEqual([]);
      // What the first one held opens nothing of the second one's.
      expect(errorOf(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe('login_required');
      expect((await refresh(server.issuer, { ...WEB, clientId: 'ask' }, tokens.refreshToken ?? '')).status).toBe(400);
      expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
    },
  );

  test('an id of somebody who was deleted, or of an app, is given to nobody who brings it along', async () => {
    const dora = await server.person({ email: 'dora@example.test' });
    await removeAccount(server.deps, { accountId: dora.id });
    await noteClients(server.deps, ['web']);
    const ids = [dora.id, 'web', 'newcomer'];
    async function* rows() {
      for (const [index, sub] of ids.entries())
        yield { line: index + 1, value: { sub, email: `id-${index}@example.test` } };
    }
    const refused: unknown[] = [];
    const imported = await importAccounts(
      { ...server.deps, config: server.config },
      {
        ...{ rows: rows(), file: 'people.jsonl', dryRun: false, update: true, allowAdministrators: true },
        onProgress: () => undefined,
        onBadRow: ({ line, problems }) => refused.push([line, ...problems]),
      },
    );
    expect(imported).toMatchObject({ created: 1, refused: 2 });
    expect(refused).toEqual([
      [1, 'sub: was that of an account that has been deleted, and is not given again'],
      [2, 'sub: is the client_id of an app, which tokens of the app have as sub'],
    ]);
    expect(await findAccount(server.database.db, dora.id)).toBeUndefined();
  });

  test('no row of any table still names the first one, but events, notices to apps and mails on their way', async () => {
    const carl = await server.person({ email: 'carl@example.test', username: 'carl' });
    await removeAccount(server.deps, { accountId: carl.id });
    const { rows } = await server.database.db
      .selectFrom('mail_outbox')
      .select(['message'])
      .where('account_id', '=', carl.id)
      .execute()
      .then((found) => ({ rows: found }));
    expect(rows).toEqual([]);
    expect(await findAccount(server.database.db, carl.id)).toBeUndefined();
  });
});
