// What is due, what comes when, and when somebody has to be told that nothing came.
import { expect, test } from 'vitest';
import { changesAt, overdueDays } from '../../../src/keys/coming.ts';
import { dueSteps, type KeyState, unannounced } from '../../../src/keys/life-cycle.ts';
import type { KeyInfo } from '../../../src/keys/signing-keys.ts';

const DAY = 86_400;
const rules = { algorithms: [], rotateEverySeconds: 90 * DAY, publishAheadSeconds: DAY, keepRetiredSeconds: 30 * DAY };
const START = Date.UTC(2026, 0, 1);
const on = (day: number) => new Date(START + day * DAY * 1000);

const state = (stage: KeyState['stage'], days: number, more: Partial<KeyState> = {}): KeyState => ({
  kid: stage,
  algorithm: 'RS256',
  stage,
  ageSeconds: days * DAY,
  publishedSeconds: days * DAY,
  isAskedFor: false,
  ...more,
});

const doneWith = (...keys: KeyState[]) =>
  dueSteps(keys, { algorithms: ['RS256'], rules }).map(
    (step) => `${step.does} ${'key' in step ? step.key.kid : step.stage}`,
  );

test.each([
  ['no key', [], ['make active']],
  ['a key of 88 days', [state('active', 88)], []],
  ['a key of 89 days', [state('active', 89)], ['make next']],
  ['a next key of an hour', [state('active', 120), state('next', 1 / 24)], []],
  ['a next key of a day, too early', [state('active', 89.9), state('next', 1)], []],
  ['a next key of a day, in time', [state('active', 90), state('next', 1)], ['activate next']],
  ['a next key that is asked for', [state('active', 5), state('next', 1, { isAskedFor: true })], ['activate next']],
  ['one asked for just now', [state('active', 5), state('next', 0.9, { isAskedFor: true })], []],
  ['a next key alone', [state('next', 0)], ['activate next']],
  ['a key retired 29 days ago', [state('active', 29), state('retired', 29)], []],
  ['a key retired 30 days ago', [state('active', 30), state('retired', 30)], ['remove retired']],
])('with %s', (_name, keys, steps) => {
  expect(doneWith(...keys)).toEqual(steps);
});

test.each([
  ['made with all the others', [state('active', 0), state('active', 0, { algorithm: 'ES256' })], []],
  ['made after the others', [state('active', 5), state('active', 0, { algorithm: 'ES256' })], ['ES256']],
  ['made a day after the others', [state('active', 5), state('active', 1, { algorithm: 'ES256' })], []],
  [
    'that has begun to sign, and was published in time',
    [state('active', 5), state('active', 0, { algorithm: 'ES256', publishedSeconds: DAY })],
    [],
  ],
])('apps know a key %s, or not', (_name, keys, algorithms) => {
  expect(unannounced(keys, { algorithms: ['ES256'], rules })).toEqual(algorithms);
});

const key = (stage: KeyInfo['stage'], days: { made?: number; active?: number; retired?: number; asked?: number }) => ({
  kid: stage,
  algorithm: 'RS256',
  stage,
  createdAt: on(days.made ?? 0),
  activatedAt: days.active === undefined ? undefined : on(days.active),
  retiredAt: days.retired === undefined ? undefined : on(days.retired),
  askedAt: days.asked === undefined ? undefined : on(days.asked),
});

test('each key says when it changes', () => {
  const active = key('active', { active: 0 });
  const retired = key('retired', { active: -90, retired: 0 });
  expect(changesAt(active, [active, retired], rules)).toEqual(on(90));
  expect(changesAt(retired, [active, retired], rules)).toEqual(on(30));
  const next = key('next', { made: 89 });
  expect([active, next].map((each) => changesAt(each, [active, next], rules))).toEqual([on(90), on(90)]);
  const late = key('next', { made: 100 });
  expect(changesAt(active, [active, late], rules)).toEqual(on(101));
  const asked = key('next', { made: 5, asked: 5 });
  expect([active, asked].map((each) => changesAt(each, [active, asked], rules))).toEqual([on(6), on(6)]);
});

test('a key is overdue when nobody has replaced it, and not while the next one is published', () => {
  const active = key('active', { active: 0 });
  expect(overdueDays([active], on(90.5), rules)).toBeUndefined();
  expect(overdueDays([active, key('next', { made: 90 })], on(91), rules)).toBeUndefined();
  expect(overdueDays([active], on(92), rules)).toBe(92);
  expect(overdueDays([], on(92), rules)).toBeUndefined();
});
