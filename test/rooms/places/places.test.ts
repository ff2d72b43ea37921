import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mmdbFileProblem } from '../../../src/config/geo/mmdb-file.ts';
import { openPlaces } from '../../../src/places/places.ts';
import { mmdb } from '../../support/mmdb.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-places-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(bytes: Buffer | string): string {
  const file = path.join(folder, `${crypto.randomUUID()}.mmdb`);
  writeFileSync(file, bytes);
  return file;
}

const DATABASE = mmdb({
  '192.0.2.0/24': {
    city: { names: { en: 'Munich', de: 'München' } },
    country: { iso_code: 'DE', names: { en: 'Germany', de: 'Deutschland' } },
  },
  '198.51.100.0/25': { country: { iso_code: 'FR' } },
  '203.0.113.0/24': { city: { names: { en: 'Nowhere' } }, country: { iso_code: '<b>', names: { en: 'Atlantis' } } },
  '2001:db8::/32': { city: { names: { en: 'Kyoto' } }, country: { iso_code: 'JP' } },
});
const placeOf = openPlaces(fileOf(DATABASE));

test.each([
  ['192.0.2.77', 'Munich, Germany', 'München, Deutschland'],
  ['198.51.100.1', 'France', 'Frankreich'],
  ['2001:db8:ffff::1', 'Kyoto, Japan', 'Kyoto, Japan'],
  ['203.0.113.5', 'Nowhere, Atlantis', 'Nowhere, Atlantis'],
  ['198.51.100.200', '', ''],
  ['::1', '', ''],
  ['', '', ''],
  ['not an address', '', ''],
])('%s is %j, and %j for Germans', (address, english, german) => {
  expect([placeOf(address, 'en'), placeOf(address, 'de')]).toEqual([english, german]);
});

test('without a file no place is known', () => {
  expect(openPlaces(undefined)('192.0.2.77', 'en')).toBe('');
});

test.each([
  [() => path.join(folder, 'missing.mmdb'), 'does not exist'],
  [() => folder, 'is a directory, expected a file'],
  [() => fileOf(''), 'is not a MaxMind database'],
  [() => fileOf('PK\u0003\u0004 a zip'), 'is not a MaxMind database'],
  [() => fileOf(DATABASE.subarray(0, 200)), 'is not a MaxMind database'],
  [() => fileOf(Buffer.concat([Buffer.alloc(200_000), DATABASE])), undefined],
])('a file is looked into before it is taken, case %#', (make, problem) => {
  expect(mmdbFileProblem(make())).toBe(problem);
});

test('a damaged one stops the start and is named', () => {
  const end = DATABASE.lastIndexOf('MaxMind.com') + 'MaxMind.com'.length;
  const file = fileOf(DATABASE.subarray(0, end));
  expect(() => openPlaces(file)).toThrow(file);
});
