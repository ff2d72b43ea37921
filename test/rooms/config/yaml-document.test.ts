// What we take for a YAML file, and where we say its mistakes are.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what operators write
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../src/config/yaml-document.ts';

const parse = (text: string, env: Record<string, string> = {}) => parseYaml(env, 'file.yaml', text);
const lines = (text: string) => parse(text).problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);

describe('a file is refused', () => {
  test.each([
    ['with a key stated twice', 'a: 1\nb: 2\na: 3\n', '3 a: is stated twice, first in line 1'],
    ['with a number and a text of one spelling as keys', '1: a\n"1": b\n', '2 ["1"]: is stated twice, first in line 1'],
    ['with two documents', 'a: 1\n---\nb: 2\n', '2 : a second document begins here'],
    ['with a tag', 'a: 1\nb: !env X\n', '2 : tags (words with a leading !) are not supported'],
    ['with tabs for indentation', 'a:\n\tb: 1\n', '2 : Tabs are not allowed as indentation'],
    ['with an unclosed list', 'a: [1\nb: 2\n', '2 : Flow sequence'],
    ['with an alias to nothing', 'a: 1\nb: *c\n', '2 b: text that begins with * has to be in quotes'],
    ['with an alias to itself', 'a: &a [1, *a]\n', '1 a[1]: *a is endless'],
    ['with a list as a key', '? [1, 2]\n: 3\n', '1 ["?"]: expected a simple key'],
    ['with __proto__ as a key', 'a: 1\n__proto__: {b: 1}\n', '2 __proto__: unknown key'],
    ['with constructor as a nested key', 'a:\n  constructor: 1\n', '2 a.constructor: unknown key'],
  ])('%s', (_what, text, expected) => {
    expect(lines(text)).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
  });

  test('that multiplies itself by aliases', () => {
    const levels = ['a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]'];
    for (let level = 1; level < 9; level += 1) {
      levels.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    }
    expect(lines(levels.join('\n'))).toEqual([expect.stringContaining('stands for more than 20000 values')]);
  });
});

test.each(['*', '|', '>', '&', '@', '`', '%', '!', '"x" ', "'x'", '{', '[', ']', '? ', 'x: ', '- ', '"\\', '${', '\t'])(
  'a secret that begins with %j and stands there without quotes is not repeated where the mistake is named',
  (begins) => {
    for (const text of [`a: ${begins}hunter2hunter2`, `a:\n  - value: ${begins}hunter2hunter2\nb: 1\n`]) {
      expect(lines(text).join('\n')).not.toContain('hunter2');
    }
  },
);

test('objects everywhere stay as they are when a file names __proto__', () => {
  parse('__proto__: {polluted: 1}\na: {__proto__: {polluted: 1}, constructor: {prototype: {polluted: 1}}}\n');
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('an empty file is an empty mapping', () => {
  expect(parse('# nothing yet\n').document?.value).toEqual({});
});

test('an alias to something finished is the same value again', () => {
  expect(parse('a: &x [1, 2]\nb: *x\n').document?.value).toEqual({ a: [1, 2], b: [1, 2] });
});

test('a variable can never become YAML', () => {
  const { document } = parse('name: ${NAME}\n', { NAME: 'x\nmode: development\n"' });
  expect(document?.value).toEqual({ name: 'x\nmode: development\n"' });
});

test('keys are never interpolated', () => {
  expect(parse('"${A}": 1\n', { A: 'mode' }).document?.value).toEqual({ '${A}': 1 });
});

test('the line of a value is that of its key, or of what is around it', () => {
  const { document } = parse('a:\n  b: 1\n\n  list:\n    - x\n    - y\n');
  const lineOf = (...path: (string | number)[]) => document?.lineOf(path);
  expect([lineOf(), lineOf('a'), lineOf('a', 'b'), lineOf('a', 'list', 1), lineOf('a', 'missing')]).toEqual([
    1, 1, 2, 6, 1,
  ]);
});
