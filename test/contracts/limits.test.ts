// Limits that are more than one counter: how many accounts fail from one network, and mails, on both databases.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailLimits, mailRecipient, reserveInEach, resetMailLimit, signUpLimits } from '../../src/limits/limits.ts';
import {
  failedFromNetwork,
  isNetworkOpen,
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

  test('of 60 accounts that fail at once from one network as many are noted as the limit, and one of them blocks it', async () => {
    const [deps, network] = [newDeps(), newNetwork()];
    const said = await Promise.all(
      times(60).map((at) => failedFromNetwork(deps, limits, { network, account: `a${at}` })),
    );
    const countOf = (what: string) => said.filter((each) => each === what).length;
    expect([countOf('noted'), countOf('blocks'), countOf('closed')]).toEqual([4, 1, 55]);
    const closed = await isNetworkOpen(deps, network);
    expect(closed.allowed).toBe(false);
    expect(closed.retryAfterSeconds).toBeGreaterThan(3590);
    await succeededFromNetwork(deps, { network, account: 'a0' });
    expect((await isNetworkOpen(deps, network)).allowed).toBe(false);
    expect((await isNetworkOpen(deps, newNetwork())).allowed).toBe(true);
    deps.clock.advance(3601);
    expect((await isNetworkOpen(deps, network)).allowed).toBe(true);
    expect(await failedFromNetwork(deps, limits, { network, account: 'a0' })).toBe('noted');
  });

  test('an account that fails again and again is one; who gets in after all is none', async () => {
    const [deps, network] = [newDeps(), newNetwork()];
    for (const at of times(30)) {
      const person = { network, account: `mistypes-${at}` };
      expect(await failedFromNetwork(deps, limits, person)).toBe('noted');
      await succeededFromNetwork(deps, person);
    }
    for (const _ of times(30)) {
      expect(await failedFromNetwork(deps, limits, { network, account: 'stubborn' })).toBe('noted');
    }
  });

  test('what is over is swept, and what is not stays', async () => {
    const [deps, old, young] = [newDeps(), newNetwork(), newNetwork()];
    deps.clock.advance(100_000);
    await failedFromNetwork(deps, limits, { network: old, account: 'a' });
    deps.clock.advance(3000);
    await failedFromNetwork(deps, limits, { network: young, account: 'a' });
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
    // A tag after the address is no other mailbox.
    const tagged = times(40).map((at) => ask(mailRecipient(`tagged-${kind}+${at}@example.test`), newNetwork()));
    expect(allowed(await Promise.all(tagged))).toBe(3);
    // The owner's own browser is not held up by strangers.
    const resets = (knownDevice?: string) =>
      times(40).map(() => reserveInEach(deps, [resetMailLimit(limits, { recipientKey: victim, knownDevice })]));
    expect(allowed(await Promise.all(resets()))).toBe(3);
    expect(allowed(await Promise.all(resets(`own-${kind}`)))).toBe(3);
    const signUps = times(40).map((at) =>
      reserveInEach(deps, signUpLimits(limits, { recipientKey: `${kind}-new-${at}`, network })),
    );
    expect(allowed(await Promise.all(signUps))).toBe(10);
  });
});
