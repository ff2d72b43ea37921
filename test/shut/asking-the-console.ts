// What can be asked of the console by its addresses: every page, every field of its filters, every order, every place to go on from.
import { expect } from 'vitest';
import { writeAccountCursor } from '../../src/administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../src/administration/account-search/orders.ts';
import { describeKeys } from '../../src/keys/signing-keys.ts';
import { administrator } from '../support/administrators.ts';
import { movingClock } from '../support/moving-clock.ts';
import type { TestServer } from '../support/start-server.ts';

export interface ConsoleAsked {
  harmlessly(): Promise<void>;
  /** Each field of the two busiest lists with every `busiest`-th of the values, each other field and path with every `others`-th. */
  hostilely(values: readonly string[], every: { busiest: number; others: number }): Promise<number>;
}

const NOBODY = '01a00000-0000-7000-8000-000000000000';

const BUSIEST = ['/admin/accounts', '/admin/audit'];

/** Of a list, besides its filters. */
const PLACES = ['after', 'before', 'back'];

interface Page {
  readonly path: string;
  /** Of its filters, and of where its list goes on. */
  readonly fields: readonly string[];
  readonly options: readonly (readonly [string, string])[];
}

/** Makes somebody in a group and with a role, and an administrator who asks. */
export async function askingTheConsole(server: TestServer): Promise<ConsoleAsked> {
  const ada = (await server.person({ email: 'ada@example.test', name: 'Ada', roles: ['editor'] })).id;
  const { db } = server.database;
  await db.insertInto('groups').values({ name: 'authors', description: 'Who writes' }).execute();
  await db.insertInto('group_members').values({ group_name: 'authors', account_id: ada }).execute();
  const kid = (await describeKeys(db))[0]?.kid ?? '';
  const { browser } = await administrator(server);

  async function looks(path: string, query: Readonly<Record<string, string>> = {}): Promise<void> {
    const answer = await browser.request(`${server.issuer}${path}?${new URLSearchParams(query)}`);
    expect([200, 303, 400, 404], `${path} ${JSON.stringify(query)}`).toContain(answer.status);
  }

  /** By its parameter: what there is, and what there is not. */
  const named = (path: string): readonly string[] => {
    if (path.startsWith('/admin/accounts/')) return [ada, NOBODY];
    const there = path.startsWith('/admin/groups') ? 'authors' : path.startsWith('/admin/keys') ? kid : 'editor';
    return [there, 'web', 'nobody'];
  };

  const pages = await pagesOf(server, { browser, named });
  const [words, places] = [WORDS(ada), placesToGoOn()];

  return {
    async harmlessly() {
      for (const { path, fields, options } of pages) {
        if (path.includes(':')) for (const name of named(path)) await looks(addressOf(path, name));
        const page = addressOf(path, named(path)[0] ?? '');
        for (const field of fields) {
          for (const word of PLACES.includes(field) ? places : words) await looks(page, { [field]: word });
        }
        for (const [field, value] of options) await looks(page, { [field]: value });
      }
      for (const by of ACCOUNT_SORTS) {
        const after = writeAccountCursor({ by, key: '1700000000000000', id: NOBODY });
        await looks('/admin/accounts', { sort: by, after });
        await looks('/admin/accounts', { q: 'ada', sort: by, after });
      }
      // What is done once in a while, as noting when somebody was last here.
      for (const minutes of [2, 5]) {
        movingClock.advance({ minutes });
        for (const { path } of pages) await looks(addressOf(path, named(path)[0] ?? ''));
      }
    },
    async hostilely(values, { busiest, others }) {
      let tried = 0;
      for (const { path, fields } of pages) {
        const page = addressOf(path, named(path)[0] ?? '');
        const every = BUSIEST.includes(path) ? busiest : others;
        for (const [at, value] of values.entries()) {
          if (path.includes(':') && (at + path.length) % busiest === 0) {
            await looks(addressOf(path, value.slice(0, 300)));
            tried += 1;
          }
          for (const field of fields) {
            // The other lists have the same fields; each with a part of the values that is another one.
            if ((at + path.length + field.length) % every !== 0) continue;
            await looks(page, { [field]: value });
            tried += 1;
          }
        }
      }
      for (const value of values) {
        for (const by of ACCOUNT_SORTS) {
          await looks('/admin/accounts', { sort: by, after: writeAccountCursor({ by, key: value, id: value }) });
          tried += 1;
        }
      }
      return tried;
    },
  };
}

const addressOf = (path: string, name: string) => path.replaceAll(/:\w+/g, encodeURIComponent(name));

/** What people type who look for something. */
const WORDS = (accountId: string) => [
  '',
  'ada',
  'ada@example.test',
  'Nobody Known',
  accountId,
  'editor',
  'authors',
  'x'.repeat(300),
  'https://api.example.test',
  'role:editor',
  'sign_in.',
  '192.0.2.7',
  '2026-01-01',
];

/** Where the lists go on, as their own addresses say it. */
const placesToGoOn = () => [
  'ada',
  NOBODY,
  '7',
  '1700000000000000.abc',
  ...ACCOUNT_SORTS.map((by) => writeAccountCursor({ by, key: '1700000000000000', id: NOBODY })),
];

async function pagesOf(
  server: TestServer,
  {
    browser,
    named,
  }: {
    browser: Awaited<ReturnType<typeof administrator>>['browser'];
    named: (path: string) => readonly string[];
  },
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (const { method, path, access } of server.routes) {
    if (method !== 'GET' || access.rule !== 'administrator') continue;
    const [name = ''] = path.includes(':') ? named(path) : [];
    await browser.open(`${server.issuer}${addressOf(path, name)}`);
    const fields = browser.document
      .querySelectorAll('form[role=search] input, form[role=search] select')
      .map((field) => field.getAttribute('name') ?? '')
      .filter((field) => field !== '');
    const options = browser.document.querySelectorAll('form[role=search] option').map((option) => {
      const field = option.closest('select')?.getAttribute('name') ?? '';
      return [field, option.getAttribute('value') ?? ''] as const;
    });
    const more = path.startsWith('/admin/permissions/') ? ['resource', 'name'] : [];
    pages.push({ path, fields: [...new Set([...fields, ...PLACES, ...more])], options });
  }
  return pages;
}
