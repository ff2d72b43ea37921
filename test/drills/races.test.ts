// Drills of races and of what is full, in their short form; the full one is `npm run drill`.
import { expect, test } from 'vitest';
import { runInShort } from './in-short.ts';
import { RACES } from './races.ts';

runInShort('many at once', RACES);

test('a race has a name', () => {
  expect(RACES.filter(({ title }) => title === '')).toEqual([]);
});
