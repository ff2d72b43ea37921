// Drills under load in their short form; the full one is `npm run drill`.
import { expect, test } from 'vitest';
import { DRILLS } from './all.ts';
import { runInShort } from './in-short.ts';
import { UNDER_LOAD } from './under-load-drills.ts';

runInShort('under load', UNDER_LOAD);

test('every drill has a name of its own', () => {
  const ids = DRILLS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
