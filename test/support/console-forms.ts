// The forms of the console, by the address that each is sent to, filled in as an administrator would.

import { describeKeys } from '../../src/keys/signing-keys.ts';
import { administrator } from './administrators.ts';
import type { Browser } from './browser.ts';
import { movingClock } from './moving-clock.ts';
import type { TestServer } from './start-server.ts';
import { visitsAndSignsIn } from './visits.ts';

export interface ConsoleForm {
  readonly browser: Browser;
  readonly action: string;
  readonly data: Record<string, string>;
}

type Forms = Record<string, () => Promise<ConsoleForm>>;

/** At a page of the console. */
export async function consoleBrowser(server: TestServer, path: string): Promise<Browser> {
  const { browser } = await administrator(server);
  return browser.open(`${server.issuer}${path}`);
}

const formOf = (browser: Browser, button: string, fields: Record<string, string> = {}): ConsoleForm => ({
  browser,
  ...browser.form(fields, button),
});

let mails = 0;

/** A mail that was given up, by its id. */
async function failedMail(server: TestServer): Promise<string> {
  mails += 1;
  const id = `given-up-${mails}`;
  const now = movingClock.now();
  await server.database.db
    .insertInto('mail_outbox')
    .values({
      id,
      message: 'account_deleted',
      recipient: `gone-${mails}@example.test`,
      language: 'en',
      created_at: now,
      next_attempt_at: now,
      give_up_after: now,
      given_up_at: now,
    })
    .execute();
  return id;
}

export const operationForms = (server: () => TestServer): Forms => ({
  '/admin/sessions/:handle/end': async () => {
    await visitsAndSignsIn(server(), { identifier: 'dan@example.test' });
    return formOf(await consoleBrowser(server(), '/admin/sessions'), 'End');
  },
  '/admin/audit/export': async () =>
    formOf(await consoleBrowser(server(), '/admin/audit'), 'As JSON lines', { format: 'jsonl' }),
  '/admin/keys/rotate': async () =>
    formOf(await consoleBrowser(server(), '/admin/keys/rotate'), 'Publish the next keys'),
  '/admin/keys/:kid/revoke': async () => {
    const [key] = await describeKeys(server().database.db);
    return formOf(await consoleBrowser(server(), `/admin/keys/${key?.kid}/revoke`), 'Revoke the key');
  },
  '/admin/outbox/retry': async () => {
    await failedMail(server());
    return formOf(await consoleBrowser(server(), '/admin/outbox'), 'Send all now');
  },
  '/admin/outbox/:id/retry': async () => {
    await failedMail(server());
    return formOf(await consoleBrowser(server(), '/admin/outbox'), 'Send now');
  },
  '/admin/outbox/:id/drop': async () => {
    const id = await failedMail(server());
    return formOf(await consoleBrowser(server(), `/admin/outbox/${id}/drop`), 'Drop the mail');
  },
});
