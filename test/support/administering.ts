// Verbs of administration called as somebody, without a page: what they need, and people with rights.
import { insertAccount } from '../../src/accounts/accounts.ts';
import type { Administrator } from '../../src/administration/administrator.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import type { DatabaseKind } from './database.ts';
import { startTestServer, type TestServer } from './start-server.ts';

export const SOURCE = { address: '192.0.2.7', userAgent: 'Test', requestId: 'r-1' };

export const as = (accountId: string): Administrator => ({ kind: 'account', accountId, source: SOURCE });

export const OPERATOR: Administrator = { kind: 'operator' };

export const verbDeps = (server: TestServer) => ({
  ...server.deps,
  config: server.config,
  clients: () => server.clients.current(),
});

export type VerbDeps = ReturnType<typeof verbDeps>;

export const startQuiet = (database: DatabaseKind): Promise<TestServer> =>
  startTestServer({ database, logLevel: 'silent' });

/** Without a password: nobody of these signs in. */
export async function newAccount(server: TestServer, roles: readonly string[] = []): Promise<string> {
  const address = `${newName('somebody')}@example.test`;
  const account = await insertAccount(server.deps, {
    email: { address, key: address },
    emailVerified: true,
    username: undefined,
    displayName: undefined,
    // Never asked for: it says that somebody has one.
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGtub3dz$bm9ib2R5IGtub3dzIHdoYXQgdGhhdCB3YXM',
  });
  if (typeof account === 'string') throw new Error(account);
  for (const role of roles) await grantRole(server.database.db, { accountId: account.id, role });
  return account.id;
}

let made = 0;

export function newName(what: string): string {
  made += 1;
  return `${what}-${made}`;
}
