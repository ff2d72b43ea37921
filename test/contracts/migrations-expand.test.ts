// The release before runs on the schema of this one: what was added to the migrations since it only expands, or says what it needs.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isBefore, releaseNeededBy } from '../../src/database/schema-age.ts';
import { RELEASE_BEFORE } from '../support/releases.ts';
import { contractions, statementsOf } from './expansion.ts';

const directory = path.join(import.meta.dirname, '../../migrations');
const names = readdirSync(directory)
  .map((file) => path.basename(file, '.ts'))
  .sort();

const saidBy = async (name: string) =>
  statementsOf(await import(pathToFileURL(path.join(directory, `${name}.ts`)).href));

const contractionsOf = async (name: string) => {
  const earlier = await Promise.all(names.filter((other) => other < name).map(saidBy));
  return contractions(await saidBy(name), earlier.flat());
};

test('the release before has a last migration that is still there', () => {
  expect(names).toContain(RELEASE_BEFORE.lastMigration);
});

test('migrations since the release before only expand, or are named for a release that is no later than it', async () => {
  const since = names.filter((name) => name > RELEASE_BEFORE.lastMigration);
  for (const name of since) {
    const needed = releaseNeededBy(name);
    if (needed === undefined) expect(await contractionsOf(name), `${name}: see docs/upgrade.md`).toEqual([]);
    else expect(isBefore(RELEASE_BEFORE.version, needed), `${name} shuts the release before out`).toBe(false);
  }
});

test('a name that looks like the mark is one', () => {
  for (const name of names) expect([name, releaseNeededBy(name) !== undefined]).toEqual([name, name.includes('needs')]);
});

describe('what is taken for a contraction', () => {
  test.each([
    'drop table people',
    'alter table "accounts" drop column "email"',
    'alter table accounts rename column email to mail',
    'ALTER TABLE accounts RENAME TO people',
    'alter table accounts alter column email type varchar(10)',
    'alter table accounts alter column email set data type citext',
    'alter table accounts alter column email set not null',
    'alter table accounts alter column status drop default',
    'alter table accounts add column age integer not null',
    'alter table accounts add column age integer unique',
    'alter table accounts add column age integer check (age > 3)',
    'alter table accounts add constraint one_name unique (username)',
    'alter table accounts add constraint grown check (age > 3)',
    'create unique index one_name on accounts (username)',
    'create unique index concurrently if not exists one_name on accounts (username)',
    'create trigger t before update on accounts for each row execute function f()',
    'truncate accounts',
    'delete from accounts',
    'drop view v',
    'drop index accounts_email_key',
    'alter table accounts drop constraint accounts_email_key',
    'do $$ begin drop table people; end $$',
    'select 1; drop table people',
    'grant all on accounts to public',
  ])('%s', (statement) => {
    expect(contractions([statement]).length).toBe(1);
  });

  test('also behind something that is none', () => {
    const both = 'alter table accounts add column a numeric(3, 2), drop column b, add column c text';
    expect(contractions([both])).toEqual(['drop column b']);
  });

  test.each([
    'create table people (id text primary key, name text not null unique)',
    'alter table accounts add column nickname text',
    "alter table accounts add column tags text not null default ';drop table'",
    'alter table accounts add column nickname text references people (id) on delete set null',
    'alter table accounts drop constraint accounts_status_check',
    'alter table accounts alter column email drop not null',
    'create index accounts_nickname on accounts (nickname)',
    "update accounts set nickname = '' where nickname is null",
  ])('not: %s', (statement) => {
    expect(contractions([statement])).toEqual([]);
  });

  test('not: an index that is not unique', () => {
    const made = [
      'create index "accounts_name_index" on "accounts" ("name")',
      'create unique index accounts_nick on accounts (nick)',
    ];
    expect(contractions(['drop index "accounts_name_index"'], made)).toEqual([]);
    expect(contractions(['drop index accounts_nick'], made)).toEqual(['drop index accounts_nick']);
    expect(contractions(['drop index accounts_name_index'])).toEqual(['drop index accounts_name_index']);
  });

  test('not: anything with a table that the same migration makes', () => {
    const statements = [
      'create table people (id text)',
      'alter table people add constraint people_pkey primary key (id)',
      'create unique index one_id on people (id)',
    ];
    expect(contractions(statements)).toEqual([]);
  });

  test('among the migrations from before there was a release, which were free to', async () => {
    const found = await Promise.all(names.slice(0, 40).map(contractionsOf));
    expect(found.flat().length).toBeGreaterThan(5);
  });
});
