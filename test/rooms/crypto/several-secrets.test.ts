// Several master secrets: the newest makes everything, all of them are taken.
import { expect, test } from 'vitest';
import { hashCode, isCode } from '../../../src/crypto/mailed-code.ts';
import { SealBroken, sealedBoxOf } from '../../../src/crypto/sealed-box.ts';

const before = { masterSecret: 'one', previousSecrets: [] };
const between = { masterSecret: 'two', previousSecrets: ['one', 'zero'] };
const after = { masterSecret: 'two', previousSecrets: [] };

test('what was sealed before is opened, at its place only, until the former secret is taken away', () => {
  const sealed = sealedBoxOf(before).seal('text', 'table:1');
  expect(sealedBoxOf(between).open(sealed, 'table:1')).toBe('text');
  expect(() => sealedBoxOf(between).open(sealed, 'table:2')).toThrow(SealBroken);
  expect(() => sealedBoxOf(after).open(sealed, 'table:1')).toThrow(SealBroken);
  const renamed = sealed.replace(sealedBoxOf(before).mark, sealedBoxOf(after).mark);
  expect(() => sealedBoxOf(between).open(renamed, 'table:1')).toThrow(SealBroken);
});

test('what is sealed now is sealed with the newest, and says so', () => {
  const sealed = sealedBoxOf(between).seal('text', 'table:1');
  expect(sealed.startsWith(sealedBoxOf(after).mark)).toBe(true);
  expect(sealedBoxOf(after).open(sealed, 'table:1')).toBe('text');
  expect(() => sealedBoxOf(before).open(sealed, 'table:1')).toThrow(SealBroken);
});

test('a code that was mailed before is taken', () => {
  const codeHash = hashCode(before, { id: 'a', code: '12345678' });
  expect(isCode(between, '1234 5678', { id: 'a', codeHash })).toBe(true);
  expect(isCode(between, '1234 5679', { id: 'a', codeHash })).toBe(false);
  expect(isCode(between, '1234 5678', { id: 'b', codeHash })).toBe(false);
  expect(isCode(after, '1234 5678', { id: 'a', codeHash })).toBe(false);
});
