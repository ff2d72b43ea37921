// What an operator does to people is done, and written down, as it is in the console and by the API.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setDeleting } from '../../src/accounts/accounts.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { PASSWORD } from '../support/start-server.ts';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from './command-line.ts';

const FILES = {
  'config/gatehouse.yaml': `
attributes:
  department: { label: Department, type: enum, choices: [sales, care], scope: profile, edit: operator }
`,
};

let database: OpenTestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
  const deps = { db: database.db, clock: movingClock };
  for (const name of ['clerk', 'editor']) await createRole(deps, { name, description: 'Does something' });
});
afterAll(() => database.close());

const here = (): Place => developmentPlace(database.dataDir, FILES);

let people = 0;

async function somebody(...more: string[]): Promise<{ email: string; id: string }> {
  const email = `somebody-${++people}@example.test`;
  const { id } = await answerOf(here(), ['user', 'create', '--email', email, ...more]);
  return { email, id: String(id) };
}

/** What is written down about somebody, the first thing first. */
const written = (accountId: string) =>
  database.db
    .selectFrom('audit_events')
    .select(['event', 'actor', 'subject', 'details'])
    .where('account_id', '=', accountId)
    .orderBy('id')
    .execute();

const mailsTo = async (email: string) =>
  (await database.db.selectFrom('mail_outbox').select('message').where('recipient', '=', email).execute()).map(
    ({ message }) => message,
  );

const BY_OPERATOR = { actor: 'operator' };

test('who is made with roles is written down with each of them, as it was before and after', async () => {
  const { id } = await somebody('--role', 'editor', '--role', 'clerk', '--role', 'editor');
  expect(await written(id)).toMatchObject([
    { event: 'account.created', ...BY_OPERATOR, details: { roles: ['clerk', 'editor'], groups: [] } },
    { event: 'role.granted', ...BY_OPERATOR, subject: 'role:clerk', details: { before: [], after: ['clerk'] } },
    {
      event: 'role.granted',
      ...BY_OPERATOR,
      subject: 'role:editor',
      details: { before: ['clerk'], after: ['clerk', 'editor'] },
    },
  ]);
});

test('whoever is made an administrator at the command line ends the link that makes the first', async () => {
  expect(await answerOf(here(), ['setup', 'link'])).toMatchObject({ url: expect.any(String) });
  await somebody('--role', 'gatehouse:admin');
  expect(await failureOf(here(), ['setup', 'link'])).toMatchObject({ exitCode: 1 });
});

test('who is invited has the link by mail, and the operator has it; another one voids it, until there is a password', async () => {
  const email = `invited-${++people}@example.test`;
  const made = await answerOf(here(), ['user', 'create', '--email', email, '--invite', '--role', 'clerk']);
  expect(made).toMatchObject({ email, email_verified: false, roles: ['clerk'] });
  const again = await answerOf(here(), ['user', 'invite', email]);
  expect(again).toEqual({ id: made['id'], email, invitation_url: expect.stringContaining('/invitation?token=') });
  expect(again['invitation_url']).not.toBe(made['invitation_url']);
  expect(await mailsTo(email)).toEqual(['invitation', 'invitation']);
  const events = await written(String(made['id']));
  expect(events.map(({ event }) => event)).toEqual([
    ...['account.created', 'role.granted', 'account.invited', 'account.invited'],
  ]);
  expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(['operator']));
  await answerOf(here(), ['user', 'set-password', email, '--password-stdin'], { stdin: PASSWORD });
  expect(await failureOf(here(), ['user', 'invite', email])).toMatchObject({ exitCode: 1, code: 'invalid' });
});

test('what is said of somebody is written down as it was and as it is, and only where it is other than before', async () => {
  const { email, id } = await somebody('--name', 'Jane');
  const set = (...fields: string[]) => answerOf(here(), ['user', 'set', email, ...fields]);
  expect(await set('name=Jane Doe', 'department=care')).toMatchObject({ changed: ['name', 'department'] });
  expect(await set('name=Jane Doe')).toMatchObject({ changed: [] });
  expect((await gatehouse(here(), ['user', 'set', email, 'name=Jane Doe'])).stdout).toBe(`${email} is as it was.\n`);
  const refused = await failureOf(here(), ['user', 'set', email, 'department=elsewhere']);
  expect(refused.code).toBe('invalid');
  expect(refused.message).toMatch(new RegExp(`^Nothing of ${email} was changed:\\n {2}department: .`));
  expect((await written(id)).slice(1)).toMatchObject([
    {
      event: 'profile.changed',
      ...BY_OPERATOR,
      details: { before: { name: 'Jane', department: null }, after: { name: 'Jane Doe', department: 'care' } },
    },
  ]);
});

test('who has asked to be deleted is kept, told, and cannot be kept twice', async () => {
  const { email, id } = await somebody();
  await setDeleting({ db: database.db, clock: movingClock }, { accountId: id, inSeconds: 86_400 });
  expect(await answerOf(here(), ['user', 'keep', email])).toEqual({ id, email, status: 'active' });
  expect(await failureOf(here(), ['user', 'keep', email])).toMatchObject({ exitCode: 1, code: 'invalid' });
  expect((await written(id)).slice(1)).toMatchObject([{ event: 'account.deletion_cancelled', ...BY_OPERATOR }]);
  expect(await mailsTo(email)).toEqual(['account_deletion_cancelled']);
});

test('what is kept about somebody is taken out, and that it was', async () => {
  const { email, id } = await somebody();
  expect(await answerOf(here(), ['user', 'export-data', email])).toMatchObject({ account: { sub: id, email } });
  expect((await written(id)).slice(1)).toMatchObject([{ event: 'account.data_downloaded', ...BY_OPERATOR }]);
});

test('who is signed in nowhere loses no session, and nothing is written down', async () => {
  const { email, id } = await somebody();
  expect(await answerOf(here(), ['user', 'end-sessions', email])).toEqual({ id, email, sessions_ended: 0 });
  const one = ['user', 'end-sessions', email, '--session', 'none'];
  expect((await failureOf(here(), one)).message).toMatch(new RegExp(`^${email} has no session "none"\\. `));
  expect(await written(id)).toHaveLength(1);
});
