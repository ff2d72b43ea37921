// T65: what opens something is found by its hash or compared in constant time, never letter by letter.
import { describe, expect, test } from 'vitest';
import { type SourceFile, sourceFile, sourceFiles } from '../architecture/sources.ts';

const NAME = String.raw`[\w.?]*(?:[tT]oken|[sS]ecret|[hH]ash|[dD]igest|[sS]ignature|[pP]assword|[cC]srf|[oO]tp|[cC]odeVerifier|\bath\b|\bcode|[a-z\d]Code)`;
/** `undefined`, a text or a number of ours on the other side says what a thing is, not whether it is the right one. */
const OF_OURS = String.raw`(?=\S)(?!(?:undefined|null|true|false|typeof)\b|['"\`\d]|[A-Z][A-Z_]+\b)`;

const COMPARED = [
  new RegExp(String.raw`${NAME}['\])]*\s*[!=]==\s*${OF_OURS}`),
  new RegExp(String.raw`[!=]==\s*${NAME}(?![\w.(\[])`),
  /\.(?:digest|hash)\([^)]*\)\s*[!=]==/,
];

/** Where such a name is something else. */
const HARMLESS = [
  // Of an address, as URL has it.
  /url\.(?:hash|username|password)/,
  // A route of the engine, and a way of configuration.
  /ENDPOINTS\.token|config\.tokens?\.|audit\.tokens/,
  // Two settings of the operator's, at the start; a checksum of the operator's own file, and of the configuration.
  /secret !== master\.secret|hash\.digest\('hex'\) === sha256|served\?\.digest !== digest/,
  // Typed twice by the one at the terminal.
  /password !== again/,
];

const comparisons = ({ path, code }: SourceFile): readonly string[] =>
  code
    .split('\n')
    .map((line, at) => ({ line: line.trim(), at: at + 1 }))
    .filter(({ line }) => COMPARED.some((pattern) => pattern.test(line)))
    .filter(({ line }) => !HARMLESS.some((pattern) => pattern.test(line)))
    .map(({ line, at }) => `${path}:${at} ${line}`);

describe('T65 secrets compared letter by letter (ASVS 11.2.4)', () => {
  test('no file does', () => {
    expect(sourceFiles('src').flatMap(comparisons)).toEqual([]);
  });

  test.each([
    'if (row.tokenHash !== hashOf(given)) return;',
    'return secret === given;',
    "if (claims['csrf'] === form.csrf) return;",
    'const same = given === stored.passwordHash;',
    "return createHash('sha256').update(x).digest('hex') === known;",
    'return code === row.code;',
    'return row.mailCode === given;',
    'if (given !== stored.recoveryCode) return;',
  ])('%s would be found', (line) => {
    expect(comparisons(sourceFile('src/x.ts', line))).toHaveLength(1);
  });

  test.each([
    'if (token === undefined) return;',
    "if (error.code === 'ENOENT') return;",
    'if (error.code === UNIQUE_VIOLATION) return;',
    'if (error.exitCode === 0) return;',
    "const kind = typeof secret === 'string';",
  ])('%s is none', (line) => {
    expect(comparisons(sourceFile('src/x.ts', line))).toEqual([]);
  });
});
