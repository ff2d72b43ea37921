// Limits that are more than one counter: how many accounts fail from one network, and mails, on both databases.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailLimits, mailRecipient, reserveInEach, signUpLimits } from '../../src/limits/limits.ts';
import {
  failedFromNetwork,
  reserveForNetwork,
  returnToNetwork,
  succeededFromNetwork,
  sweepNetworkFailures,
} from '../../src/limits/network-failures.ts';
import { movingClock } from '../rooms/limits/moving-clock.ts';
import { type OpenTestDatabase, openTestDatabase, postgresAvailable } from '../support/database.ts';
import { DEFAULT_LIMITS } from '../support/limits.ts';

const KINDS = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);
const limits = { ...DEFAULT_LIMITS, networkAccounts: 5 };

describe.each(KINDS)('T44 limits on %s: Rauthy v0.34; ASVS 6.3.1', (kind) => {
  let database: OpenTestDatabase;
  let networks = 0;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const newNetwork = () => `10.9.${++networks}.0/24`;
  const newDeps = () => ({ db: database.db, clock: movingClock() });
  const times = (count: number) => Array.from({ length: count }, (_, at) => at);

  test('of 60 accounts tried at once from one network, no more are looked at than the limit', async () => {
    const [deps, network] = [newDeps(), newNetwork()];
    const answers = await Promise.all(
      times(60).map((at) => reserveForNetwork(deps, limits, { network, account: `a${at}` })),
    );
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(5);
    expect(answers.find(({ allowed }) => !allowed)?.retryAfterSeconds).toBe(2);
  });

  test('one of 40 failures at once blocks the network, for an hour, and says so', async () => {
    const [deps, network] = [newDeps(), newNetwork()];
    const accounts = times(5).map((at) => ({ network, account: `a${at}` }));
    for (const tried of accounts) await reserveForNetwork(deps, limits, tried);
    const said = await Promise.all(times(40).map((at) => failedFromNetwork(deps, limits, accounts[at % 5]!)));
    expect(said.filter(Boolean)).toHaveLength(1);
    for (const account of ['a0', 'new']) {
      const refused = await reserveForNetwork(deps, limits, { network, account });
      expect(refused.allowed).toBe(false);
      expect(refused.retryAfterSeconds).toBeGreaterThan(3590);
    }
    await succeededFromNetwork(deps, accounts[0]!);
    expect((await reserveForNetwork(deps, limits, accounts[0]!)).allowed).toBe(false);
    expect((await reserveForNetwork(deps, limits, { network: newNetwork(), account: 'a0' })).allowed).toBe(true);
    deps.clock.advance(3601);
    expect((await reserveForNetwork(deps, limits, { network, account: 'a0' })).allowed).toBe(true);
  });

  test('an account that fails again and again is one; who gets in, or was not looked at, is none', async () => {
    const [deps, network] = [newDeps(), newNetwork()];
    for (const at of times(30)) {
      const person = { network, account: `mistypes-${at}` };
      expect((await reserveForNetwork(deps, limits, person)).allowed).toBe(true);
      expect(await failedFromNetwork(deps, limits, person)).toBe(false);
      expect((await reserveForNetwork(deps, limits, person)).allowed).toBe(true);
      await succeededFromNetwork(deps, person);
      const busy = { network, account: `busy-${at}` };
      expect((await reserveForNetwork(deps, limits, busy)).allowed).toBe(true);
      await returnToNetwork(deps, busy);
    }
    for (const _ of times(30)) {
      const stubborn = { network, account: 'stubborn' };
      expect((await reserveForNetwork(deps, limits, stubborn)).allowed).toBe(true);
      expect(await failedFromNetwork(deps, limits, stubborn)).toBe(false);
    }
  });

  test('what is over is swept, and what is not stays', async () => {
    const [deps, old, young] = [newDeps(), newNetwork(), newNetwork()];
    deps.clock.advance(100_000);
    await reserveForNetwork(deps, limits, { network: old, account: 'a' });
    deps.clock.advance(3000);
    await reserveForNetwork(deps, limits, { network: young, account: 'a' });
    deps.clock.advance(700);
    await sweepNetworkFailures(deps, 100);
    const rows = await deps.db.selectFrom('network_failures').select('network').execute();
    expect(rows.map(({ network }) => network)).toContain(young);
    expect(rows.map(({ network }) => network)).not.toContain(old);
  });

  test('of 40 mails asked for at once for one address three are sent, and five from one network', async () => {
    const deps = newDeps();
    const ask = (recipientKey: string, network: string) =>
      reserveInEach(deps, mailLimits(limits, { recipientKey, network }));
    const allowed = (answers: readonly { allowed: boolean }[]) => answers.filter((each) => each.allowed).length;
    const victim = mailRecipient(`victim-${kind}@example.test`);
    expect(victim).not.toContain('victim');
    expect(allowed(await Promise.all(times(40).map(() => ask(victim, newNetwork()))))).toBe(3);
    const network = newNetwork();
    expect(allowed(await Promise.all(times(40).map((at) => ask(`${kind}-${at}`, network))))).toBe(5);
    // The owner's own browser is not held up by strangers.
    const own = mailLimits(limits, { recipientKey: victim, network, knownDevice: `own-${kind}` });
    expect((await reserveInEach(deps, own)).allowed).toBe(true);
    const signUps = times(40).map((at) =>
      reserveInEach(deps, signUpLimits(limits, { recipientKey: `${kind}-new-${at}`, network })),
    );
    expect(allowed(await Promise.all(signUps))).toBe(10);
  });
});
