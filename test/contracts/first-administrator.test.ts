// One link and one administrator, however many start and finish at once.
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { up } from '../../migrations/0013-setup-link.ts';
import { insertAccount } from '../../src/accounts/accounts.ts';
import { listAccounts } from '../../src/accounts/finding/list-accounts.ts';
import { createPasswordHasher } from '../../src/accounts/password-hash.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { hashSecretToken } from '../../src/crypto/secret-token.ts';
import { createFirstAdministrator } from '../../src/first-administrator/create-first-administrator.ts';
import { issueAtStart, issueSetupLink, stateOfSetupLink } from '../../src/first-administrator/setup-link.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { useOfRole } from '../../src/roles/usage.ts';
import { newTotpSecret } from '../../src/second-factors/totp.ts';
import { depsFor, person } from '../rooms/accounts/people.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';

const ROUNDS = 3;

describe.each(KINDS)('on %s', { timeout: 120_000 }, (kind) => {
  let database: OpenTestDatabase;
  beforeEach(async () => {
    database = await openTestDatabase(kind);
  });
  afterEach(() => database.close());

  const deps = () => ({
    db: database.db,
    clock: movingClock,
    box: createSealedBox(randomBytes(32)),
    hasher: createPasswordHasher({ parallel: 2, queue: 200 }),
  });

  async function newToken(): Promise<string> {
    const issue = await issueSetupLink(deps());
    if (issue.outcome !== 'issued') throw new Error(issue.outcome);
    return hashSecretToken(issue.token);
  }

  const finishes = (tokenHash: string, name: string) => {
    const email = { address: `${name}@example.test`, key: `${name}@example.test` };
    const account = { email, displayName: undefined, username: undefined, emailVerified: false, passwordHash: 'hash' };
    const authenticator = { authenticatorName: 'Authenticator app', secret: newTotpSecret(), step: 1 };
    return createFirstAdministrator(deps(), { tokenHash, account, ...authenticator });
  };

  const administrators = async () => (await useOfRole(database.db, 'gatehouse:admin')).accounts;

  const afresh = async () => {
    await database.db.deleteFrom('accounts').execute();
    await database.db.updateTable('roles').set({ ever_granted: false }).execute();
  };

  test('of eight processes that start at once one prints a link, and that link is good', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const starts = await atOnce(8, () => issueAtStart(deps(), { alone: false }));
      const issued = starts.filter((start) => start.outcome === 'issued');
      expect(starts.map(({ outcome }) => outcome).sort()).toEqual(['issued', ...Array(7).fill('just_issued')]);
      expect(await stateOfSetupLink(deps(), hashSecretToken(issued[0]?.token ?? ''))).toBe('good');
      await database.db.deleteFrom('setup_links').execute();
    }
  });

  test('of links that are asked for at once one is good', async () => {
    const issues = await atOnce(8, newToken);
    const states = await Promise.all(issues.map((hash) => stateOfSetupLink(deps(), hash)));
    expect(states.sort()).toEqual(['good', ...Array(7).fill('void')]);
  });

  test('of those who finish at once with one link one becomes administrator, and of the others there is nothing', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const tokenHash = await newToken();
      const ends = await atOnce(6, (index) => finishes(tokenHash, `root-${index}`));
      expect(ends.map(({ outcome }) => outcome).sort()).toEqual([...Array(5).fill('closed'), 'created']);
      expect(await listAccounts(database.db, { limit: 10 })).toHaveLength(1);
      expect(await administrators()).toBe(1);
      await afresh();
    }
  });

  test('against a grant at the command line at the same moment there is one first administrator too', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < ROUNDS * 2; round += 1) {
      const tokenHash = await newToken();
      const { id: accountId } = await person(depsFor(database.db));
      const delay = round % 2 === 0 ? 0 : 400;
      const [end, granted] = await Promise.all([
        finishes(tokenHash, 'root'),
        new Promise((resolve) => setTimeout(resolve, delay)).then(() =>
          grantRole(database.db, { accountId, role: 'gatehouse:admin' }),
        ),
      ]);
      expect(granted).toBe('granted');
      outcomes.add(end.outcome);
      expect(await administrators()).toBe(end.outcome === 'created' ? 2 : 1);
      expect(await stateOfSetupLink(deps(), tokenHash)).toBe('closed');
      await afresh();
    }
    expect([...outcomes].every((outcome) => ['created', 'closed'].includes(outcome))).toBe(true);
  });

  test('an address that is taken undoes everything, so that the link can be used with another', async () => {
    const email = { address: 'ann@example.test', key: 'ann@example.test' };
    const ann = { email, displayName: undefined, username: undefined, emailVerified: false, passwordHash: undefined };
    await insertAccount(deps(), ann);
    const tokenHash = await newToken();
    expect((await finishes(tokenHash, 'ann')).outcome).toBe('email_taken');
    expect(await stateOfSetupLink(deps(), tokenHash)).toBe('good');
    expect((await finishes(tokenHash, 'bob')).outcome).toBe('created');
  });

  test('a database that had an administrator before there were links never gets one', async () => {
    const { id } = await person(depsFor(database.db));
    await grantRole(database.db, { accountId: id, role: 'gatehouse:admin' });
    await sql`alter table roles drop column ever_granted`.execute(database.db);
    await sql`drop table setup_links`.execute(database.db);
    await up(database.db as unknown as Parameters<typeof up>[0]);
    expect((await issueSetupLink(deps())).outcome).toBe('closed');
    await database.db.deleteFrom('accounts').execute();
    expect((await issueAtStart(deps(), { alone: true })).outcome).toBe('closed');
  });
});
