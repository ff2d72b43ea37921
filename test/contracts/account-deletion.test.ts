// Deletions at the same moment: of two administrators one stays, a request counts once, and each account is deleted once.
import { describe, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/accounts.ts';
import { issueMailedToken } from '../../src/accounts/mailed-tokens.ts';
import { deleteDueAccounts } from '../../src/leaving/delete-account.ts';
import { keepAccountByLink } from '../../src/leaving/keep-account.ts';
import { requestDeletion } from '../../src/leaving/request-deletion.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { type DatabaseKind, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const kinds: DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

describe.each(kinds)('deletions on %s', (kind) => {
  const withServer = async (work: (server: TestServer) => Promise<void>) => {
    const server = await startTestServer({ database: kind });
    try {
      await work(server);
    } finally {
      await server.stop();
    }
  };

  const asks = (server: TestServer, accountId: string) =>
    requestDeletion({ ...server.deps, config: server.config }, { accountId });

  const eventsOf = (server: TestServer, event: string, accountId: string) =>
    server.database.db
      .selectFrom('audit_events')
      .select('id')
      .where('event', '=', event)
      .where('account_id', '=', accountId)
      .execute();

  test('of two last administrators who leave at once, one stays; ten times over', async () => {
    await withServer(async (server) => {
      const admins: string[] = [];
      for (const name of ['ada', 'ben']) {
        const { id } = await server.person({ email: `${name}@example.test` });
        await grantRole(server.database.db, { accountId: id, role: 'gatehouse:admin' });
        admins.push(id);
      }
      for (let round = 0; round < 10; round += 1) {
        const outcomes = await Promise.all(admins.map((id) => asks(server, id)));
        expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['last_administrator', 'requested']);
        const gone = admins[outcomes.findIndex(({ outcome }) => outcome === 'requested')] ?? '';
        const token = await issueMailedToken(server.deps, { accountId: gone, purpose: 'keep_account' });
        const kept = await Promise.all(Array.from({ length: 20 }, () => keepAccountByLink(server.deps, { token })));
        expect(kept.filter(({ outcome }) => outcome === 'kept')).toHaveLength(1);
      }
    });
  });

  test('twenty requests at once are one, with one mail and one event', async () => {
    await withServer(async (server) => {
      const { id } = await server.person({ email: 'often@example.test' });
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => asks(server, id)));
      expect(outcomes.filter(({ outcome }) => outcome === 'requested')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'not_active')).toHaveLength(19);
      expect(await eventsOf(server, 'account.deletion_requested', id)).toHaveLength(1);
      const mails = await server.database.db
        .selectFrom('mail_outbox')
        .select('id')
        .where('account_id', '=', id)
        .where('message', '=', 'account_deletion_requested')
        .execute();
      expect(mails).toHaveLength(1);
    });
  });

  test('twenty rounds of housekeeping at once delete each account that is due once, and no other', async () => {
    await withServer(async (server) => {
      const leaving: string[] = [];
      for (let index = 0; index < 10; index += 1) {
        const { id } = await server.person({ email: `leaver-${index}@example.test` });
        await asks(server, id);
        leaving.push(id);
      }
      const { id: stays } = await server.person({ email: 'stays@example.test' });
      movingClock.advance({ seconds: 8 * 86_400 });
      const { id: later } = await server.person({ email: 'later@example.test' });
      await asks(server, later);
      const deleted = await Promise.all(Array.from({ length: 20 }, () => deleteDueAccounts(server.deps)));
      expect(deleted.flat().sort()).toEqual([...leaving].sort());
      for (const id of leaving) {
        expect(await findAccount(server.database.db, id)).toBeUndefined();
        expect(await eventsOf(server, 'account.deleted', id)).toHaveLength(1);
      }
      expect((await findAccount(server.database.db, stays))?.status).toBe('active');
      expect((await findAccount(server.database.db, later))?.status).toBe('deleting');
    });
  });
});
