// What leaves through the command line cannot do more than be read.
import { expect, test } from 'vitest';
import { details, neutral, neutralLines, quoted, table, toJson } from '../../src/cli/output.ts';

const HOSTILE = 'a\u001b[31m\u009b2J\n\r\u2028\u202ered\u200b';

test('control characters, line breaks and marks that turn the text around become visible', () => {
  expect(neutral(HOSTILE)).toBe('a\\u001b[31m\\u009b2J\\u000a\\u000d\\u2028\\u202ered\\u200b');
  expect(neutral('Zoë 山田 🙂')).toBe('Zoë 山田 🙂');
});

test('a hostile value in a table or a list of details stays in its cell', () => {
  const text = [table(['A', 'B'], [[HOSTILE, 'b']]), details([['name', HOSTILE]]), quoted(HOSTILE)].join('\n');
  expect(text.split('\n')).toHaveLength(4);
  expect(text).not.toMatch(/[^\n -~]/);
});

test('JSON stays JSON, on one line, and says the same', () => {
  const json = toJson({ value: HOSTILE, when: new Date(0), missing: undefined });
  expect(json).not.toMatch(/[^ -~]/);
  expect(JSON.parse(json)).toEqual({ value: HOSTILE, when: '1970-01-01T00:00:00.000Z', missing: null });
});

test('text of several lines keeps its lines and nothing else', () => {
  expect(neutralLines('one\n\u001b[2Jtwo')).toBe('one\n\\u001b[2Jtwo');
});

test('columns are as wide as their widest cell', () => {
  expect(
    table(
      ['NAME', 'N'],
      [
        ['a', 1],
        ['longer name', 22],
      ],
    ),
  ).toBe(['NAME         N', 'a            1', 'longer name  22'].join('\n'));
});
