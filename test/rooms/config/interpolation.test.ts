// Environment variables inside YAML values.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what operators write
import { describe, expect, test } from 'vitest';
import { interpolate } from '../../../src/config/interpolation.ts';

const env = { HOST: 'shop.test', EMPTY: '', PORT: '8080', YAML: '"]\nmode: development' };

describe('a value with variables', () => {
  test.each([
    ['plain text', 'plain text'],
    ['${HOST}', 'shop.test'],
    ['https://${HOST}:${PORT}/callback', 'https://shop.test:8080/callback'],
    ['${EMPTY}', ''],
    ['${MISSING:-http://localhost:3001}/callback', 'http://localhost:3001/callback'],
    ['${EMPTY:-default}', 'default'],
    ['${MISSING:-}', ''],
    ['${HOST:-default}', 'shop.test'],
    ['${HOST:?set it}', 'shop.test'],
    ['$${HOST}', '${HOST}'],
    ['$${HOST} and ${HOST}', '${HOST} and shop.test'],
    ['$HOST costs $5 }{', '$HOST costs $5 }{'],
    ['$gatehouse-sha256$v1$abc', '$gatehouse-sha256$v1$abc'],
    ['${YAML}', '"]\nmode: development'],
  ])('%j becomes %j', (text, expected) => {
    expect(interpolate(env, text)).toMatchObject({ outcome: 'resolved', text: expected });
  });

  test('what a variable holds is not interpolated again', () => {
    expect(interpolate({ A: '${B}', B: 'no' }, '${A}')).toMatchObject({ text: '${B}' });
  });
});

describe('a value that cannot be resolved', () => {
  test.each([
    ['${MISSING}', 'the environment variable MISSING is not set'],
    ['${MISSING:?run the set-up first}', 'the environment variable MISSING is not set: run the set-up first'],
    ['${EMPTY:?}', 'the environment variable EMPTY is not set'],
    ['${toString}', 'the environment variable toString is not set'],
    ['${constructor}', 'the environment variable constructor is not set'],
    ['${}', '"${}" is not understood'],
    ['${A B}', '"${A B}" is not understood'],
    ['${A-x}', '"${A-x}" is not understood'],
    ['${HOST:+x}', '"${HOST:+x}" is not understood'],
    ['${HOST', '"${" is not understood'],
    ['${A:-${HOST}}', '"${" is not understood'],
  ])('%j says why', (text, message) => {
    expect(interpolate(env, text)).toMatchObject({
      outcome: 'unresolved',
      messages: [expect.stringContaining(message)],
    });
  });

  test('every variable that is missing is named', () => {
    expect(interpolate({}, '${A}${B}')).toMatchObject({
      messages: [/A/, /B/].map((name) => expect.stringMatching(name)),
    });
  });
});
