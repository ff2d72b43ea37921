// Nobody is there at the start, one person becomes the first administrator, and that door never opens again.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { banAccountAs, unbanAccountAs } from '../../src/administration/accounts/ban-account-as.ts';
import { createAccountAs } from '../../src/administration/accounts/create-account-as.ts';
import { deleteAccountAs } from '../../src/administration/accounts/delete-account-as.ts';
import { changeGroupAs, createGroupAs } from '../../src/administration/model/group-model-as.ts';
import { changeRoleAs, createRoleAs } from '../../src/administration/model/role-model-as.ts';
import { addMemberAs } from '../../src/administration/rights/member-as.ts';
import { grantRoleAs } from '../../src/administration/rights/role-as.ts';
import { SHIPPED_SECRETS } from '../../src/config/secrets/example-secrets.ts';
import { issueAtStart, issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { KINDS } from '../contracts/racing.ts';
import { newAccount, OPERATOR, startQuiet, type VerbDeps, verbDeps } from '../support/administering.ts';
import type { Browser } from '../support/browser.ts';
import { linesOf, PRODUCTION, problemsOf } from '../support/config-files.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { countOf } from '../support/sign-up.ts';
import { PASSWORD, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

const ADVISORIES = 'authentik CVE-2023-46249; ASVS 6.3.2';
const ADMIN = 'gatehouse:admin';
const INSISTING = { kind: 'operator', evenLast: true } as const;

describe.each(KINDS)(`T52 on %s (${ADVISORIES})`, { timeout: 60_000 }, (kind) => {
  let server: TestServer;
  let deps: VerbDeps;
  /** How many rows there were before anything was done. */
  let atStart: readonly number[];
  beforeAll(async () => {
    server = await startQuiet(kind);
    deps = verbDeps(server);
    const tables = ['accounts', 'role_assignments', 'group_members', 'client_roles'] as const;
    atStart = await Promise.all(tables.map((table) => countOf(server, table)));
  });
  afterAll(() => server.stop());

  /** As it was before anybody came. */
  beforeEach(async () => {
    for (const table of ['accounts', 'groups', 'setup_links', 'rate_counters'] as const) {
      await deps.db.deleteFrom(table).execute();
    }
    await deps.db.deleteFrom('roles').where('name', 'not like', 'gatehouse:%').execute();
    await deps.db.updateTable('roles').set({ ever_granted: false }).execute();
  });

  async function newLink(): Promise<string> {
    const issue = await issueSetupLink(deps);
    if (issue.outcome !== 'issued') throw new Error(issue.outcome);
    return setupAddress(server.issuer, issue.token);
  }

  const secretOn = (browser: Browser): string =>
    /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';

  const begins = async (link: string, email: string): Promise<Browser> =>
    (await newBrowser().open(link)).submit({ email, name: '', password: PASSWORD }, 'Continue');

  const finishes = (browser: Browser) => browser.submit({ code: totpCode(secretOn(browser)) }, 'Confirm');

  async function expectClosed(link?: string): Promise<void> {
    const accounts = await countOf(server, 'accounts');
    const never = setupAddress(server.issuer, 'A'.repeat(43));
    const pages = [];
    for (const address of [...(link === undefined ? [] : [link]), never, `${server.issuer}/setup`]) {
      const { page, title, text } = await newBrowser().open(address);
      expect([page.status, title]).toEqual([403, 'Gatehouse is set up already']);
      pages.push(text);
    }
    // Nobody can tell a link that was good from one that never was.
    expect(new Set(pages).size).toBe(1);
    expect(pages[0]).toContain('gatehouse role grant gatehouse:admin');
    expect((await issueSetupLink(deps)).outcome).toBe('closed');
    expect((await issueAtStart(deps, { alone: true })).outcome).toBe('closed');
    for (const step of ['account', 'authenticator', 'recovery-codes']) {
      const form = { email: 'mallory@example.test', password: PASSWORD, code: '123456' };
      const answer = await newBrowser().request(`${server.issuer}/setup/${step}`, { method: 'POST', form });
      expect(answer.status).toBe(403);
    }
    expect(await countOf(server, 'accounts')).toBe(accounts);
  }

  test('a fresh server has nobody, and no name with a password that everybody knows', async () => {
    expect(atStart).toEqual([0, 0, 0, 0]);
    for (const identifier of ['admin', 'root', 'gatehouse', 'administrator', 'admin@example.com', 'admin@localhost']) {
      const { browser } = await visitsAndSignsIn(server, { identifier, password: identifier });
      expect(browser.page.status).toBe(400);
    }
    expect(await countOf(server, 'accounts')).toBe(0);
  });

  test('without the link nobody gets in, and of two who have it one does', async () => {
    for (const step of ['account', 'authenticator', 'recovery-codes']) {
      const form = { email: 'mallory@example.test', password: PASSWORD, code: '123456' };
      const answer = await newBrowser().request(`${server.issuer}/setup/${step}`, { method: 'POST', form });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
    const link = await newLink();
    const browsers = [await begins(link, 'ada@example.test'), await begins(link, 'mallory@example.test')];
    await Promise.all(browsers.map(finishes));
    expect(browsers.map(({ page }) => page.status).sort()).toEqual([200, 403]);
    expect(await countOf(server, 'accounts')).toBe(1);
    await expectClosed(link);
  });

  const FIRST: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    'is given the role': (id) => grantRoleAs(deps, OPERATOR, { accountId: id, role: ADMIN }),
    'is given the role at the making of the account': () =>
      createAccountAs(deps, OPERATOR, { email: 'x@example.test', roles: [ADMIN], invite: false }),
    'is given a role that includes it': async (id) => {
      await createRoleAs(deps, OPERATOR, { name: 'root', description: 'All', includes: [ADMIN] });
      await grantRole(deps.db, { accountId: id, role: 'root' });
    },
    'has a role that comes to include it': async (id) => {
      await createRoleAs(deps, OPERATOR, { name: 'root', description: 'All' });
      await grantRoleAs(deps, OPERATOR, { accountId: id, role: 'root' });
      await changeRoleAs(deps, OPERATOR, { name: 'root', includes: [ADMIN] });
    },
    'is put into a group that has it': async (id) => {
      await createGroupAs(deps, OPERATOR, { name: 'chiefs', description: 'All', roles: [ADMIN] });
      await addMemberAs(deps, OPERATOR, { group: 'chiefs', accountId: id });
    },
    'is in a group that comes to have it': async (id) => {
      await createGroupAs(deps, OPERATOR, { name: 'chiefs', description: 'All' });
      await addMemberAs(deps, OPERATOR, { group: 'chiefs', accountId: id });
      await changeGroupAs(deps, OPERATOR, { name: 'chiefs', roles: [ADMIN] });
    },
    'is let in again, and has it by a group': async (id) => {
      await banAccountAs(deps, OPERATOR, { accountId: id, reason: 'x' });
      await createGroupAs(deps, OPERATOR, { name: 'chiefs', description: 'All', roles: [ADMIN] });
      await addMemberAs(deps, OPERATOR, { group: 'chiefs', accountId: id });
      await unbanAccountAs(deps, OPERATOR, { accountId: id });
    },
  };

  test.each(Object.keys(FIRST))(
    'as soon as somebody %s the link is dead, and stays so when all are deleted',
    async (how) => {
      const link = await newLink();
      const late = await begins(link, 'mallory@example.test');
      const id = await newAccount(server);
      await FIRST[how]?.(id);
      await expectClosed(link);
      await finishes(late);
      expect(late.page.status).toBe(403);
      for (const { id: accountId } of await deps.db.selectFrom('accounts').select('id').execute()) {
        expect((await deleteAccountAs(deps, INSISTING, { accountId })).outcome).toBe('done');
      }
      await deps.db.deleteFrom('groups').execute();
      expect(await countOf(server, 'accounts')).toBe(0);
      await expectClosed(link);
    },
  );
});

describe(`T52 in production (${ADVISORIES})`, () => {
  const CLIENT = 'client_id: app\npreset: web\nredirect_uris: [https://app.shop.test/cb]\n';

  test.each([
    ...SHIPPED_SECRETS,
    'change-me-change-me-change-me-change-me-1',
    'your-secret-of-32-bytes-or-more-qwertz',
  ])('no server starts with the example secret %s', (secret) => {
    const master = problemsOf({}, { ...PRODUCTION, GATEHOUSE_SECRET: secret });
    expect(linesOf(master)).toEqual([expect.stringContaining('GATEHOUSE_SECRET')]);
    const files = { 'config/clients/app.yaml': `${CLIENT}client_secrets: [{ env: APP_SECRET }]\n` };
    const client = problemsOf(files, { ...PRODUCTION, APP_SECRET: secret });
    expect(linesOf(client)).toEqual([expect.stringContaining('client_secrets[0].env')]);
  });
});
