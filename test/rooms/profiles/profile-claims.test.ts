// What each standard claim may be (OpenID Connect Core section 5.1), and how it is stored.
import { expect, test } from 'vitest';
import { attributeValue, readAttribute } from '../../../src/profiles/attribute-values.ts';
import { type ProfileClaim, readClaim } from '../../../src/profiles/profile-claims.ts';

const TODAY = new Date('2026-11-22T12:00:00Z');

const stored = (claim: ProfileClaim, typed: string) => {
  const reading = readClaim(claim, typed, TODAY);
  return 'value' in reading ? reading.value : undefined;
};

test.each<[ProfileClaim, string, string | undefined]>([
  ['birthdate', '1985-04-12', '1985-04-12'],
  ['birthdate', ' 1985 ', '1985'],
  ['birthdate', '0000-02-29', '0000-02-29'],
  ['birthdate', '2024-02-29', '2024-02-29'],
  ['birthdate', '2026-11-22', '2026-11-22'],
  ['birthdate', '2026-11-23', undefined],
  ['birthdate', '2023-02-29', undefined],
  ['birthdate', '1985-13-01', undefined],
  ['birthdate', '1985-04', undefined],
  ['birthdate', '12.04.1985', undefined],
  ['birthdate', '0000', undefined],
  ['birthdate', '2027', undefined],
  ['birthdate', '1066-10-14', undefined],
  ['birthdate', '1985-04-12T00:00', undefined],
  ['website', 'https://example.test/a b', 'https://example.test/a%20b'],
  ['website', 'http://example.test/', undefined],
  ['website', 'javascript:alert(1)', undefined],
  ['website', 'data:text/html,x', undefined],
  ['website', 'https://me:secret@example.test/', undefined],
  ['website', `https://example.test/${'x'.repeat(500)}`, undefined],
  ['picture', '//example.test/x.png', undefined],
  ['zoneinfo', 'Europe/Berlin', 'Europe/Berlin'],
  ['zoneinfo', 'UTC', 'UTC'],
  ['zoneinfo', 'europe/berlin', undefined],
  ['zoneinfo', 'Mars/Olympus', undefined],
  ['zoneinfo', '+01:00', undefined],
  ['locale', 'de-at', 'de-AT'],
  ['locale', 'zh_hant_tw', 'zh-Hant-TW'],
  ['locale', 'not a tag', undefined],
  ['locale', `de-${'x'.repeat(60)}`, undefined],
  ['phone_number', '+49 (30) 123-4567', '+49301234567'],
  ['phone_number', '+1.415.555.2671', '+14155552671'],
  ['phone_number', '0049301234567', undefined],
  ['phone_number', '+0301234567', undefined],
  ['phone_number', '+4930', undefined],
  ['phone_number', `+${'1'.repeat(16)}`, undefined],
  ['phone_number', '+49 30 CALL-ME', undefined],
  ['nickname', ' J ', 'J'],
  ['nickname', 'e\u0301', '\u00e9'],
  ['nickname', 'a\u202eb', undefined],
  ['nickname', 'two\nlines', undefined],
  ['nickname', 'x'.repeat(101), undefined],
  ['street_address', 'Street 1\r\n\r\n 2nd floor ', 'Street 1\n2nd floor'],
  ['street_address', 'a\nb\nc\nd\ne\nf', undefined],
  ['street_address', 'a\u0007', undefined],
])('%s: %j is stored as %j', (claim, typed, expected) => {
  expect(stored(claim, typed)).toBe(expected);
});

const attribute = (type: 'string' | 'number' | 'boolean' | 'enum' | 'list', choices: string[] = []) => ({
  name: 'a',
  label: 'A',
  type,
  choices,
  edit: 'user' as const,
  scope: 'company',
  claim: 'a',
  required: false,
});

test.each([
  [attribute('string'), ' text ', 'text'],
  [attribute('number'), '12.5', 12.5],
  [attribute('number'), '-3', -3],
  [attribute('number'), '1e9', undefined],
  [attribute('number'), 'NaN', undefined],
  [attribute('number'), '0x10', undefined],
  [attribute('boolean'), 'Yes', true],
  [attribute('boolean'), 'false', false],
  [attribute('boolean'), 'maybe', undefined],
  [attribute('enum', ['Sales']), 'Sales', 'Sales'],
  [attribute('enum', ['Sales']), 'sales', undefined],
  [attribute('list'), 'a\n b \n\na', ['a', 'b']],
  [attribute('list', ['a', 'b']), 'b\nc', undefined],
  [attribute('list'), Array.from({ length: 21 }, (_, at) => `entry ${at}`).join('\n'), undefined],
])('an attribute takes %j from %j as %j', (declared, typed, expected) => {
  const reading = readAttribute(declared, typed);
  expect('value' in reading ? reading.value : undefined).toEqual(expected);
});

test.each([
  [attribute('number'), '12'],
  [attribute('string'), 12],
  [attribute('boolean'), 'true'],
  [attribute('enum', ['a']), 'b'],
  [attribute('list'), 'a'],
  [attribute('list', ['a']), ['a', 'b']],
  [attribute('string'), { toString: 'x' }],
  [attribute('list'), [['a']]],
])('what was stored otherwise than %j says is not released: %j', (declared, value) => {
  expect(attributeValue(declared, value)).toBeUndefined();
});
