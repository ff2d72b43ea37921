// Forgetting a password, and getting back in by the mail.
import { expect } from 'vitest';
import { countUndelivered } from '../../src/mail/outbox.ts';
import type { Browser } from './browser.ts';
import { lastLink, type Mailbox, startMailbox } from './mailbox.ts';
import { newBrowser } from './sign-in.ts';
import { RESOURCES, startTestServer, type TestServer, type TestServerOptions } from './start-server.ts';
import { visits } from './visits.ts';

/** Limits that no test meets by accident: all of them come from one network. */
export const GENEROUS = `mfa: optional\nlimits: { mails_per_recipient: 100, mails_per_network: 1000 }${RESOURCES}`;

export interface Posted {
  readonly server: TestServer;
  readonly mailbox: Mailbox;
  stop(): Promise<void>;
}

/** A server that sends its mails to a mailbox. */
export async function startPosted(options: TestServerOptions = {}): Promise<Posted> {
  const mailbox = await startMailbox();
  const server = await startTestServer({ settings: GENEROUS, ...options, mailbox });
  return {
    server,
    mailbox,
    async stop() {
      await server.stop();
      await mailbox.close();
    },
  };
}

/** Until whoever asked for a new password was answered and every mail has reached the mailbox: several are delivered at a time, a later one can come first. */
export async function mailsHaveArrived({ database }: TestServer): Promise<void> {
  const requests = () => database.db.selectFrom('reset_requests').select('id').execute();
  await expect.poll(requests, { timeout: 10_000 }).toEqual([]);
  await expect.poll(async () => (await countUndelivered(database.db)).waiting, { timeout: 10_000 }).toBe(0);
}

/** From the page of an app's sign-in; stops where the mail is on its way. */
export async function forgets(server: TestServer, identifier: string, browser?: Browser): Promise<Browser> {
  const visit = await visits(server, {}, browser);
  await visit.browser.click('Forgot your password?');
  return visit.browser.submit({ identifier }, 'Send the link');
}

/** The link of a new mail to this address. */
export async function resetLink({ server, mailbox }: Posted, email: string, identifier = email): Promise<string> {
  const before = mailbox.all(email).at(-1);
  await forgets(server, identifier, newBrowser());
  const mail = await mailbox.waitFor(email, {
    subject: /new password|neues Passwort/i,
    ...(before && { after: before }),
  });
  return lastLink(mail, /reset-password\?token=/);
}

export const tokenIn = (link: string): string => new URL(link).searchParams.get('token') ?? '';

export const NEW_PASSWORD = 'a new and rather long phrase';

/** Opens the link and chooses the new password. */
export async function resets(browser: Browser, link: string, password = NEW_PASSWORD): Promise<Browser> {
  await browser.open(link);
  return browser.submit({ password }, 'Set the new password');
}
