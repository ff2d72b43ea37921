// Signing up as a person would, and reading the mails that come of it.
import { sql } from 'kysely';
import { issueMailedToken } from '../../src/accounts/mailed-tokens.ts';
import { hashCode } from '../../src/crypto/mailed-code.ts';
import { hashSecretToken, newSecretToken } from '../../src/crypto/secret-token.ts';
import type { Browser } from './browser.ts';
import type { Mailbox, ReceivedMail } from './mailbox.ts';
import { movingClock } from './moving-clock.ts';
import { PASSWORD, RESOURCES, type TestServer } from './start-server.ts';

/** Anybody may sign up; as many from one network as a test needs. */
export const openTo = (more = '', mfa = 'optional'): string =>
  `mfa: ${mfa}\nlimits: { sign_ups_per_network: 1000, mails_per_network: 1000 }\nregistration: { policy: open${more} }\n${RESOURCES}`;

export const OPEN = openTo();

export interface Newcomer {
  readonly email: string;
  readonly username?: string;
  readonly name?: string;
  readonly password?: string;
  readonly terms?: string;
}

/** From the sign-in page, or where the form is already. */
export async function signsUp(browser: Browser, { password = PASSWORD, ...who }: Newcomer): Promise<Browser> {
  if (browser.title !== 'Create an account') await browser.submit({}, 'Create an account');
  return browser.submit({ password, ...who }, 'Create account');
}

let people = 0;

/** An address that nobody has had. */
export function newAddress(): string {
  people += 1;
  return `newcomer-${people}@example.test`;
}

export const codeIn = ({ text }: Pick<ReceivedMail, 'text'>): string =>
  (/\b\d{4} ?\d{4}\b/.exec(text)?.[0] ?? '').replace(/\D/g, '');

export function linkIn({ text }: Pick<ReceivedMail, 'text'>, path: string): string {
  const link = new RegExp(`https?://\\S+${path}\\?token=[\\w-]+`).exec(text)?.[0];
  if (link === undefined) throw new Error(`no link to ${path} in: ${text}`);
  return link;
}

/** The newest mail that asks for the proof of an address. */
export const proofFor = (mailbox: Mailbox, email: string, after?: ReceivedMail): Promise<ReceivedMail> =>
  mailbox.waitFor(email, after === undefined ? {} : { after });

export async function countOf({ database: { db } }: TestServer, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}`.execute(db);
  return rows[0]?.count ?? -1;
}

export async function accountsWith({ database: { db } }: TestServer, email: string): Promise<number> {
  const rows = await db.selectFrom('accounts').select('id').where('email_key', '=', email.toLowerCase()).execute();
  return rows.length;
}

/** The code and the link of the newest registration for this address become ones that a test knows. */
export async function knownProof({ config, database: { db } }: TestServer, email: string) {
  const { id } = await db
    .selectFrom('registrations')
    .select('id')
    .where('email_key', '=', email)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const code = '12345678';
  const token = newSecretToken();
  const proofs = { token_hash: hashSecretToken(token), code_hash: hashCode(config, { id, code }) };
  await db.updateTable('registrations').set(proofs).where('id', '=', id).execute();
  return { code, token };
}

/** The link to an account that was made without a password. */
export async function invitationToken(server: TestServer): Promise<string> {
  const { email } = await server.person({ email: newAddress() });
  const { db } = server.database;
  const accounts = db
    .updateTable('accounts')
    .set({ password_hash: null, terms_version: null, terms_accepted_at: null })
    .where('email_key', '=', email);
  const { id: accountId } = await accounts.returning('id').executeTakeFirstOrThrow();
  return issueMailedToken({ db, clock: movingClock }, { accountId, purpose: 'invitation', boundTo: { email } });
}
