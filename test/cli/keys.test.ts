// gatehouse keys: what signs, and replacing it before its time, beside a running server.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

let server: TestServer;
let place: Place;

beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(() => {
  place = developmentPlace(server.dataDir);
});
afterAll(() => server.stop());

interface Key {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: string;
  readonly created_at: string;
  readonly changes_at: string;
}

const list = async () => ((await answerOf(place, ['keys', 'list'])) as unknown as { keys: readonly Key[] }).keys;
const kidIn = async (stage: string) => String((await list()).find((key) => key.stage === stage)?.kid);
const hours = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 3_600_000);
const published = async () => {
  const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};

test('a key is listed with what it does and until when', async () => {
  const [key, ...others] = await list();
  expect(others.map(({ algorithm, stage }) => [algorithm, stage])).toEqual([
    ['PS256', 'active'],
    ['ES256', 'active'],
  ]);
  expect(key).toMatchObject({ algorithm: 'RS256', stage: 'active', retired_at: null });
  expect(hours(String(key?.created_at), String(key?.changes_at))).toBe(90 * 24);
  expect((await gatehouse(place, ['keys', 'list'])).stdout).toMatch(
    /KEY +ALGORITHM +STATE.*\n\S{43} +RS256 +signs +20/,
  );
});

test('the next key is published now, signs a day later, and is followed by the server', async () => {
  const active = await list();
  const { stdout, exitCode } = await gatehouse(place, ['keys', 'rotate']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Until then the old keys sign');
  const nexts = (await list()).filter(({ stage }) => stage === 'next');
  const [next] = nexts;
  expect(nexts.map(({ algorithm }) => algorithm)).toEqual(['RS256', 'PS256', 'ES256']);
  expect(hours(String(next?.created_at), String(next?.changes_at))).toBe(24);
  expect((await list())[0]?.changes_at).toBe(next?.changes_at);
  const again = (await answerOf(place, ['keys', 'rotate']))['rotations'] as { kid: string }[];
  expect(again.map(({ kid }) => kid)).toEqual(nexts.map(({ kid }) => kid));
  await expect.poll(published, { timeout: 15_000 }).toEqual([...active, ...nexts].map(({ kid }) => kid));
});

test('with --now it signs at once, and the answer says what that costs', async () => {
  const before = await kidIn('next');
  const { stdout } = await gatehouse(place, ['keys', 'rotate', '--now']);
  expect(stdout).toContain('Apps that have cached the old keys');
  expect(await kidIn('active')).toBe(before);
});

test('a key is revoked after a question, and another signs', async () => {
  const kid = await kidIn('active');
  expect(await failureOf(place, ['keys', 'revoke', kid])).toMatchObject({ exitCode: 2, code: 'usage' });
  expect((await gatehouse(place, ['keys', 'revoke', kid], { typed: 'n\n' })).stderr).toContain('Nothing was changed');
  expect(await kidIn('active')).toBe(kid);
  const revoked = await answerOf(place, ['keys', 'revoke', kid, '--yes']);
  expect(revoked).toEqual({ kid, algorithm: 'RS256', revoked: true, replaced_by: await kidIn('active') });
  expect((await list()).map((key) => key.kid)).not.toContain(kid);
  expect((await failureOf(place, ['keys', 'revoke', kid, '--yes'])).code).toBe('not_found');
  await expect.poll(published, { timeout: 15_000 }).not.toContain(kid);
  const { db } = server.database;
  const events = await db.selectFrom('audit_events').select('event').where('actor', '=', 'operator').execute();
  expect(new Set(events.map(({ event }) => event))).toEqual(
    new Set(['keys.made', 'keys.rotation_asked', 'keys.rotated', 'keys.revoked']),
  );
});
