// Twenty who confirm at the same moment make one account, by code or by link, on both databases.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { hashCode } from '../../src/crypto/mailed-code.ts';
import { hashSecretToken, newSecretToken } from '../../src/crypto/secret-token.ts';
import { beginRegistration } from '../../src/registrations/begin-registration.ts';
import { confirmByLink, openConfirmationLink } from '../../src/registrations/confirm-by-link.ts';
import { confirmByCode, takeUpAccount } from '../../src/registrations/confirm-registration.ts';
import { quickHasher } from '../rooms/accounts/people.ts';
import { accountsWith, newAddress, OPEN } from '../support/sign-up.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { atOnce, defectsOf, KINDS } from './racing.ts';

/** The rows are raced for here, not the cores. */
const hasher = quickHasher();

const RUNNERS = 20;
const CODE = '12345678';

describe.each(KINDS)('registrations on %s', { timeout: 120_000 }, (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    // Nobody waits for a connection: it is the rows that are waited for here.
    server = await startTestServer({ database: kind, settings: `${OPEN}database: { pool_size: 30 }\n` });
  });
  afterAll(() => server.stop());

  /** Connections are made before the race: on a busy machine that takes longer than anybody waits for one. */
  async function ready(): Promise<void> {
    const hold = () => sql`select pg_sleep(0.1)`.execute(server.database.db);
    for (let tries = 0; tries < 10; tries += 1) {
      const held = await Promise.allSettled(Array.from({ length: kind === 'pglite' ? 1 : RUNNERS }, hold));
      if (held.every(({ status }) => status === 'fulfilled')) return;
    }
  }

  const deps = () => {
    const rules = passwordRulesFor(server.config.accounts, server.config.name);
    return { ...server.deps, config: server.config, hasher, rules };
  };

  /** With a code and a link that the test knows. */
  async function begun({ email = newAddress(), username = '' } = {}) {
    const binding = newSecretToken();
    const beginning = await beginRegistration(deps(), {
      email,
      username,
      displayName: '',
      password: PASSWORD,
      acceptsTerms: false,
      language: 'en',
      client: { clientId: 'web', clientName: 'Web App' },
      interaction: 'uid',
      binding,
      network: '192.0.2.0/24',
    });
    if (beginning.outcome !== 'begun') throw new Error(JSON.stringify(beginning));
    const { registrationId: id } = beginning;
    const token = newSecretToken();
    await server.database.db
      .updateTable('registrations')
      .set({ token_hash: hashSecretToken(token), code_hash: hashCode(server.config, { id, code: CODE }) })
      .where('id', '=', id)
      .execute();
    return { id, email, token, binding };
  }

  const byCode = ({ id }: { id: string }) => confirmByCode(deps(), { registrationId: id, code: CODE });

  async function byLink({ token, binding }: { token: string; binding?: string }, password = PASSWORD) {
    const link = await openConfirmationLink(deps(), { token, binding });
    return link === undefined
      ? { outcome: 'void' }
      : confirmByLink(deps(), { link, password, network: '192.0.2.0/24' });
  }

  const mailsTo = async (email: string, message: string): Promise<number> =>
    (
      await server.database.db
        .selectFrom('mail_outbox')
        .select('id')
        .where('recipient', '=', email)
        .where('message', '=', message)
        .execute()
    ).length;

  test(`${RUNNERS} by code and by link make one account, with one welcome and one event`, async () => {
    const mine = await begun();
    await ready();
    const all = await atOnce(RUNNERS, (at) => (at % 4 === 0 ? byCode(mine) : byLink(mine)));
    expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(['confirmed']));
    expect(await accountsWith(server, mine.email)).toBe(1);
    expect(await mailsTo(mine.email, 'welcome')).toBe(1);
    expect(defectsOf(server)).toEqual([]);
  });

  test('of a browser that signed up and another one, one decides the password', async () => {
    for (let round = 0; round < 5; round += 1) {
      const mine = await begun();
      await ready();
      const all = await atOnce(RUNNERS, (at) =>
        at % 2 === 0 ? byLink(mine) : byLink({ token: mine.token }, 'another long enough phrase'),
      );
      expect(all).toHaveLength(RUNNERS);
      expect(await accountsWith(server, mine.email)).toBe(1);
      const row = await server.database.db
        .selectFrom('registrations')
        .select(['elsewhere', 'state'])
        .where('id', '=', mine.id)
        .executeTakeFirstOrThrow();
      expect(row.state).toBe('confirmed');
      expect((await takeUpAccount(deps(), mine.id)) !== undefined).toBe(!row.elsewhere);
    }
  });

  test('of two registrations for one address one gets the account, the other is told it is taken', async () => {
    for (let round = 0; round < 5; round += 1) {
      const email = newAddress();
      const [one, two] = [await begun({ email }), await begun({ email })];
      const outcomes = (await Promise.all([byCode(one), byLink(two)])).map(({ outcome }) => outcome);
      expect(outcomes.sort()).toEqual(['confirmed', 'email_taken']);
      expect(await accountsWith(server, email)).toBe(1);
    }
  });

  test('of two that want one username one has it, and the other loses nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const username = `racer-${kind}-${round}`;
      const [one, two] = [await begun({ username }), await begun({ username })];
      const outcomes = (await Promise.all([byCode(one), byCode(two)])).map(({ outcome }) => outcome);
      expect(outcomes.sort()).toEqual(['confirmed', 'username_taken']);
    }
  });

  test('a code is tried five times, however many try at once', async () => {
    const mine = await begun();
    await ready();
    const answers = await atOnce(RUNNERS, () => confirmByCode(deps(), { registrationId: mine.id, code: '00000001' }));
    expect(answers.filter(({ outcome }) => outcome === 'wrong_code')).toHaveLength(5);
    expect((await byCode(mine)).outcome).toBe('code_void');
  });

  test('an account is taken up once, of twenty', async () => {
    const mine = await begun();
    await byCode(mine);
    await ready();
    const taken = await atOnce(RUNNERS, () => takeUpAccount(deps(), mine.id));
    expect(taken.filter((account) => account !== undefined)).toHaveLength(1);
  });

  test('a link tries usernames as often as its network may, and hashes no more passwords than that', async () => {
    const username = `wanted-${kind}`;
    await server.person({ email: newAddress(), username });
    const mine = await begun();
    const hashed = vi.spyOn(hasher, 'hash');
    const limits = { ...server.config.limits, signUpsPerNetwork: 2 };
    const few = { ...deps(), config: { ...server.config, limits } };
    const link = await openConfirmationLink(few, { token: mine.token, binding: undefined });
    if (link === undefined) throw new Error('no link');
    const used = { link, username, password: 'another long enough phrase', network: `198.51.${kind.length}.0/24` };
    const answers = await atOnce(RUNNERS, () => confirmByLink(few, used));
    const outcomes = Object.groupBy(answers, ({ outcome }) => outcome);
    expect(outcomes.username_taken).toHaveLength(6);
    expect(outcomes.too_many_attempts).toHaveLength(RUNNERS - 6);
    expect(hashed).toHaveBeenCalledTimes(6);
    hashed.mockRestore();
    // It is still good, from elsewhere and with a name that nobody has.
    const other = { ...used, username: `free-${kind}`, network: '203.0.113.0/24' };
    expect(await confirmByLink(few, other)).toEqual({ outcome: 'confirmed' });
  });
});
