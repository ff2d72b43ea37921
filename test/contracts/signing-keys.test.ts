// Keys that replace each other, the same on PGlite and on PostgreSQL, however many processes see to it at once.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeysConfig } from '../../src/config/config.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { revokeKey } from '../../src/keys/revoke-key.ts';
import { rotateKeys } from '../../src/keys/rotate-keys.ts';
import { describeKeys, type KeyDeps, listSigningKeys } from '../../src/keys/signing-keys.ts';
import { turnKeys } from '../../src/keys/turn-keys.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { atOnce, KINDS } from './racing.ts';

const DAY = 86_400;
const rules: KeysConfig = {
  algorithms: [],
  rotateEverySeconds: 90 * DAY,
  publishAheadSeconds: DAY,
  keepRetiredSeconds: 2 * DAY,
};
const OPERATOR = { actor: 'operator' } as const;

describe.each(KINDS)('signing keys on %s', { timeout: 60_000 }, (kind) => {
  let database: OpenTestDatabase;
  let deps: KeyDeps;
  beforeEach(async () => {
    database = await openTestDatabase(kind);
    deps = { db: database.db, clock: movingClock, box: createSealedBox(randomBytes(32)), rules };
  });
  afterEach(() => database.close());

  const turn = () => turnKeys(deps, ['RS256']);
  /** `active:RS256`, in order. */
  const stages = async () => (await describeKeys(deps.db)).map(({ stage, algorithm }) => `${stage}:${algorithm}`);
  const kidIn = async (stage: string) => (await describeKeys(deps.db)).find((key) => key.stage === stage)?.kid;
  const events = async () => {
    const rows = await deps.db.selectFrom('audit_events').select(['event', 'actor', 'subject']).orderBy('id').execute();
    return rows.map(({ event, actor }) => `${event} by ${actor}`);
  };

  test('are made once by eight processes that start at once', async () => {
    await atOnce(8, turn);
    expect(await stages()).toEqual(['active:RS256']);
    expect(await events()).toEqual(['keys.made by server']);
  });

  test('go through their stages by the clock, one step each, with eight processes at every step', async () => {
    await turn();
    const first = await kidIn('active');
    const at = async (days: number) => {
      movingClock.advance({ days, seconds: 60 });
      await atOnce(8, turn);
      return stages();
    };
    expect(await at(88)).toEqual(['active:RS256']);
    expect(await at(1)).toEqual(['active:RS256', 'next:RS256']);
    expect(await kidIn('active')).toBe(first);
    const second = await kidIn('next');
    expect(await at(1)).toEqual(['active:RS256', 'retired:RS256']);
    expect([await kidIn('active'), await kidIn('retired')]).toEqual([second, first]);
    expect(await at(1)).toEqual(['active:RS256', 'retired:RS256']);
    expect(await at(1)).toEqual(['active:RS256']);
    expect(await kidIn('active')).toBe(second);
    const made = ['keys.made by server', 'keys.made by server'];
    expect(await events()).toEqual([...made, 'keys.rotated by server', 'keys.removed by server']);
  });

  test('are late after a long time away, and still published first', async () => {
    await turn();
    movingClock.advance({ days: 400 });
    await turn();
    expect(await stages()).toEqual(['active:RS256', 'next:RS256']);
    await turn();
    expect(await stages()).toEqual(['active:RS256', 'next:RS256']);
    movingClock.advance({ days: 1, seconds: 1 });
    await turn();
    expect(await stages()).toEqual(['active:RS256', 'retired:RS256']);
  });

  test('are of each algorithm that is asked for, and each replaces its own', async () => {
    await atOnce(4, () => turnKeys(deps, ['RS256', 'ES256', 'PS256', 'EdDSA']));
    expect((await stages()).sort()).toEqual(['active:ES256', 'active:EdDSA', 'active:PS256', 'active:RS256']);
    movingClock.advance({ days: 89, seconds: 60 });
    await atOnce(4, turn);
    expect((await stages()).filter((stage) => stage.startsWith('next')).length).toBe(4);
    const [key] = await listSigningKeys(deps);
    expect(key?.privateJwk.alg).toBe(key?.algorithm);
  });

  test('are there of each algorithm that is named, before anybody asks for it, and are replaced by the same rules', async () => {
    const named: KeyDeps = { ...deps, rules: { ...rules, algorithms: ['RS256', 'ES256'] } };
    await atOnce(4, () => turnKeys(named, ['RS256']));
    expect(await stages()).toEqual(['active:RS256', 'active:ES256']);
    const before = await kidIn('active');
    movingClock.advance({ days: 89, seconds: 60 });
    await turnKeys(named, ['RS256']);
    expect(await stages()).toEqual(['active:RS256', 'active:ES256', 'next:RS256', 'next:ES256']);
    movingClock.advance({ days: 1 });
    await turnKeys(named, ['RS256']);
    expect(await stages()).toEqual(['active:RS256', 'active:ES256', 'retired:RS256', 'retired:ES256']);
    expect(await kidIn('active')).not.toBe(before);
  });

  test('that somebody asks for sign once they have been published for long enough', async () => {
    await turn();
    const [asked] = await rotateKeys(deps, OPERATOR, { now: false });
    expect(asked?.signsInSeconds).toBe(DAY);
    const again = await atOnce(8, () => rotateKeys(deps, OPERATOR, { now: false }));
    expect(new Set(again.map(([rotation]) => rotation?.kid))).toEqual(new Set([asked?.kid]));
    movingClock.advance({ hours: 23 });
    await turn();
    expect(await kidIn('next')).toBe(asked?.kid);
    movingClock.advance({ hours: 1, seconds: 1 });
    await atOnce(8, turn);
    expect(await kidIn('active')).toBe(asked?.kid);
    expect(await stages()).toEqual(['active:RS256', 'retired:RS256']);
  });

  test('that are asked for at once sign at once', async () => {
    await turn();
    const before = await kidIn('active');
    const [rotated] = await rotateKeys(deps, OPERATOR, { now: true });
    expect(rotated).toMatchObject({ algorithm: 'RS256', signsInSeconds: 0 });
    expect(await kidIn('active')).toBe(rotated?.kid);
    expect(await kidIn('retired')).toBe(before);
  });

  test('that are revoked are gone, and another signs in the place of one that did', async () => {
    await turn();
    const first = String(await kidIn('active'));
    const revoked = await atOnce(8, () => revokeKey(deps, OPERATOR, first));
    expect(revoked.filter(({ outcome }) => outcome === 'revoked').length).toBe(1);
    expect(await stages()).toEqual(['active:RS256']);
    expect(await kidIn('active')).not.toBe(first);
    await rotateKeys(deps, OPERATOR, { now: false });
    const waiting = await kidIn('next');
    const second = await revokeKey(deps, OPERATOR, String(await kidIn('active')));
    expect(second).toMatchObject({ outcome: 'revoked', stage: 'active', replacedBy: waiting });
    expect(await stages()).toEqual(['active:RS256']);
    expect(await kidIn('active')).toBe(waiting);
  });
});
