// T59, without a text that is slow: every pattern of the source is looked into for repetitions that can share one text.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyse } from 'scslre';
import { describe, expect, test } from 'vitest';
import { parseAst } from 'vitest/node';

const ROOT = path.join(import.meta.dirname, '../..');

interface Node {
  readonly type: string;
  readonly start: number;
}

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

interface Found extends Pattern {
  readonly place: string;
}

/** What a file says: its patterns, and what makes patterns of texts. */
function readIn(code: string, file = 'text.ts'): { patterns: Found[]; made: string[] } {
  const patterns: Found[] = [];
  const made: string[] = [];
  const lineOf = ({ start }: Node) => code.slice(0, start).split('\n').length;
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node & Record<string, Node & { name?: string; property?: { name?: string } }>;
    const { pattern, flags } = (node['regex'] ?? {}) as { pattern?: string; flags?: string };
    if (pattern !== undefined) patterns.push({ place: `${file}:${lineOf(node)}`, source: pattern, flags: flags ?? '' });
    if (isMaking(node)) made.push(file);
    for (const each of Object.values(node)) look(each);
  };
  look(parseAst(code, { lang: 'ts' }));
  return { patterns, made };
}

/** `RegExp(…)`, and `match` and its like where they are given a text. */
function isMaking(node: Node & Record<string, unknown>): boolean {
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false;
  const callee = node['callee'] as { name?: string; property?: { name?: string } };
  if (callee.name === 'RegExp') return true;
  const [given] = node['arguments'] as { type: string; value?: unknown }[];
  const takesPattern = ['match', 'matchAll', 'search'].includes(callee.property?.name ?? '');
  return takesPattern && (given?.type === 'TemplateLiteral' || typeof given?.value === 'string');
}

const slowness = ({ source, flags }: Pattern): readonly string[] =>
  analyse({ source, flags }).reports.map(
    ({ type, exponential, character }) =>
      `${exponential ? 'exponential' : 'quadratic'} (${type}) in ${character.literal.source}`,
  );

const files = ['src/**/*.ts', 'views/assets/*.js']
  .flatMap((glob) => globSync(glob, { cwd: ROOT }))
  .sort()
  .map((file) => ({ file, ...readIn(readFileSync(path.join(ROOT, file), 'utf8'), file) }));

/**
 * Made of texts, and what they come to at most: nobody but this file's reader sees that none of it comes from outside.
 * `file` has as many as it has lines here.
 */
const MADE: readonly (Pattern & { readonly file: string })[] = [
  // Of the name of an attribute, which is one of three.
  { file: 'src/cli/doctor/cookies.ts', source: ';\\s*SameSite\\b', flags: 'i' },
  // Of another pattern of that file.
  { file: 'src/explanations/comparison.ts', source: '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]|(?! )\\p{Zs}', flags: 'gu' },
  // Of a length that is a constant.
  { file: 'src/http/cookies/sign-up-secret.ts', source: '^[A-Za-z0-9_-]{43}$', flags: '' },
];

describe('T59 patterns that take more than their share (Koa CVE-2025-25200; ASVS 1.3.12)', () => {
  test('none of the source takes more than linear time for one repeated character', () => {
    const patterns = [
      ...files.flatMap((each) => each.patterns),
      ...MADE.map((each) => ({ ...each, place: each.file })),
    ];
    expect(patterns.length).toBeGreaterThan(250);
    const slow = patterns.flatMap((each) =>
      slowness(each).map((why) => `${each.place} /${each.source}/${each.flags}: ${why}`),
    );
    expect(slow).toEqual([]);
  });

  test('none is made of a text but the known ones', () => {
    expect(files.flatMap(({ made }) => made)).toEqual(MADE.map(({ file }) => file));
  });

  test.each([
    ['/(?:a+)+$/', 'exponential'],
    ['/^\\s*[^@]*@/', 'quadratic'],
    ['/=+$/', 'quadratic'],
    ['/<[^>]*>[^<]*<\\/a>\\s+\\s$/u', 'quadratic'],
  ])('%s would be found, wherever it stands', (literal, what) => {
    const [found] = readIn(
      `const f = async <T>(x: T): Promise<T> => { await g\`\${[${literal}.test(x)]}\`; };`,
    ).patterns;
    expect(found).toBeDefined();
    expect(slowness(found as Found).join()).toContain(what);
  });

  test.each(['new RegExp(x)', "RegExp('^' + x)", "x.match('a+')", 'x.search(`a`)'])('%s would be found', (code) => {
    expect(readIn(`export const y = ${code} as unknown;`).made.length).toBe(1);
  });

  test.each(['/a+b?c/', '/^\\s*(?!\\s)[^@]*@/', '/a\\/[/]+/'])('%s is none', (literal) => {
    const { patterns } = readIn(`const a = 4 / 2 / 1; const r = ${literal};`);
    expect(patterns.length).toBe(1);
    if (literal.includes('@')) expect(slowness(patterns[0] as Found)).toEqual([]);
  });
});
