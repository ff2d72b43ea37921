// Files that people keep are changed by as few lines as possible.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withListEntry, yamlScalar } from '../../../src/config/editing/yaml-text.ts';

const ENTRY = { hash: '$gatehouse-sha256$v1$abc', expires: '2027-03-01' };
const added = (text: string) => withListEntry(text, 'client_secrets', ENTRY);

/** Lines that are new, and lines that are gone. */
function difference(before: string, after: string | undefined) {
  const [old, now] = [before, after ?? ''].map((text) => text.split('\n'));
  return { added: now?.filter((line) => !old?.includes(line)), gone: old?.filter((line) => !now?.includes(line)) };
}

const NEW_LINES = ['  - hash: $gatehouse-sha256$v1$abc', '    expires: 2027-03-01'];

describe('an entry is added to a list', () => {
  test('in two lines, and nothing else moves', () => {
    const text = `# kept
client_id:   a
client_secrets:
  - env: A   # the old one
    expires: 2026-12-01

  # - file: /run/secrets/a

# a comment
scope: "openid profile"
`;
    expect(difference(text, added(text))).toEqual({ added: NEW_LINES, gone: [] });
    expect(added(text)?.split('\n').slice(4, 7)).toEqual(['    expires: 2026-12-01', ...NEW_LINES]);
  });

  test('at its own depth, also at the end of a file without a last newline', () => {
    expect(added('client_secrets:\n- env: A\n- file: "b"')).toBe(
      'client_secrets:\n- env: A\n- file: "b"\n- hash: $gatehouse-sha256$v1$abc\n  expires: 2027-03-01\n',
    );
  });

  test('in brackets', () => {
    expect(added('client_secrets: [{value: x}]   # one\nscope:   openid\n')).toBe(
      'client_secrets: [{value: x}, { hash: "$gatehouse-sha256$v1$abc", expires: "2027-03-01" }]   # one\nscope:   openid\n',
    );
    expect(added('client_secrets: []\n')).toBe(
      'client_secrets: [{ hash: "$gatehouse-sha256$v1$abc", expires: "2027-03-01" }]\n',
    );
  });

  test('that does not exist yet', () => {
    expect(added('client_id: a # x\nscope: openid')).toBe(
      `client_id: a # x\nscope: openid\nclient_secrets:\n${NEW_LINES.join('\n')}\n`,
    );
    expect(added('client_secrets:\nscope: openid # x\n')).toBe(
      `client_secrets:\n${NEW_LINES.join('\n')}\nscope: openid # x\n`,
    );
  });

  test.each([
    'client_secrets: [\n  {env: A}, # one\n]\n',
    '{"client_id": "a"}',
    'x: &s [{env: A}]\nclient_secrets: *s\n',
    'client_secrets:\r\n  - env: A\r\nscope: openid\r\n',
  ])('with the right meaning however it is written: %j', (text) => {
    const before = parse(text);
    expect(parse(added(text) ?? '')).toEqual({ ...before, client_secrets: [...(before.client_secrets ?? []), ENTRY] });
    for (const comment of text.match(/#.*/g) ?? []) expect(added(text)).toContain(comment);
  });

  test.each(['client_secrets: nope\n', 'client_secrets: {env: A}\n', '- a\n', 'client_secrets: [\n', ''])(
    'but not where there is something else: %j',
    (text) => {
      expect(added(text)).toBeUndefined();
    },
  );
});

test.each([
  ['Grafana', 'Grafana'],
  ['A: b', '"A: b"'],
  ['123', '"123"'],
  ['true', '"true"'],
  ['a #b', '"a #b"'],
  [' x', '" x"'],
  ['two\nlines', String.raw`"two\nlines"`],
  ['https://x.test/cb', 'https://x.test/cb'],
])('the text %j is written as %s', (text, written) => {
  expect(yamlScalar(text)).toBe(written);
  expect(parse(`key: ${yamlScalar(text)} # comment\n`)).toEqual({ key: text });
});
