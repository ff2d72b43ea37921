// The catalogue of events names what is written down, and nothing that never is.
import { expect, test } from 'vitest';
import { EVENT_NAMES, EVENTS, SHOWN_EVENT_NAMES } from '../../src/audit/events.ts';
import { textsIn } from '../../src/texts/messages.ts';
import { sourceFiles } from './sources.ts';

const writers = sourceFiles('src').filter(
  ({ path, text }) =>
    path !== 'src/audit/events.ts' && /\b(?:recordEvent|recordStep|recordServerEvent|record)\b/.test(text),
);

/** In the source, where something is written down: `event: 'sign_in.failed'`, or the name in a table of them. */
const isWritten = (name: string): boolean => writers.some(({ text }) => text.includes(`'${name}'`));

test('every event of the catalogue is written by some file', () => {
  expect(EVENT_NAMES.filter((name) => !isWritten(name))).toEqual([]);
});

test('names are said in the past tense of a thing: thing.happened', () => {
  expect(EVENT_NAMES.filter((name) => !/^[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*$/.test(name))).toEqual([]);
});

test('no event has room for a secret', () => {
  const SECRET = /password|secret|code$|token$|hash|cookie|key$/;
  const fields = EVENT_NAMES.flatMap((name) => EVENTS[name].details.map((field: string) => `${name}: ${field}`));
  expect(fields.length).toBeGreaterThan(30);
  expect(fields.filter((field) => SECRET.test(field.split(': ')[1] ?? ''))).toEqual([]);
});

test('what people see of themselves has a sentence, and is about an account', () => {
  for (const name of SHOWN_EVENT_NAMES) {
    for (const language of ['en', 'de'] as const) expect(textsIn(language)(`event.${name}`)).toMatch(/\S/);
  }
  expect(SHOWN_EVENT_NAMES.filter((name) => ['server', 'configuration', 'key'].includes(EVENTS[name].about))).toEqual(
    [],
  );
});
