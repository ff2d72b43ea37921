// Every class of attack that this version shuts has tests named by it and by the advisories it comes from.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const TESTS = path.join(import.meta.dirname, '..');

const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);

const CLASSES = from(1, 69).map((id) => `T${String(id).padStart(2, '0')}`);

/** An advisory, or the paragraph of a standard where no server is known to have had it. */
const REFERENCE = /CVE-\d{4}-\d+|GHSA-[\w-]+|RFC \d+|ASVS \d+|SP 800-63B|#\d+/;

const titles = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !name.endsWith('catalogue.test.ts'))
  .flatMap((name) => {
    const source = readFileSync(path.join(TESTS, name), 'utf8');
    return [...source.matchAll(/describe(?:\.\w+\(.*\))?\(\s*(['"`])(T\d\d\b[\s\S]*?)\1,/g)].map(
      ([, , title = '']) => ({
        id: title.slice(0, 3),
        title,
        source,
      }),
    );
  });

test.each(CLASSES)('%s is shut by tests that name it and where it is known from', (id) => {
  const named = titles.filter((each) => each.id === id);
  expect(named.length).toBeGreaterThan(0);
  for (const { title, source } of named) {
    const said = title.replace(/\$\{(\w+)\}/g, (_, name) => new RegExp(`const ${name} =[^;]*`).exec(source)?.[0] ?? '');
    expect(said).toMatch(REFERENCE);
  }
});
