// The pages of the console, in every state worth looking at.

import { recordEvent } from '../../src/audit/audit-log.ts';
import { describeKeys } from '../../src/keys/signing-keys.ts';
import { atAccount } from './account-pages.ts';
import { atConsole, opened } from './at-console.ts';
import { CONSOLE_ACCOUNT_PAGES } from './console-account-pages.ts';
import type { PageState, Stage } from './every-page.ts';
import { movingClock } from './moving-clock.ts';

let mails = 0;

/** A mail that could not be delivered; its id. */
async function givenUp({ server }: Stage): Promise<string> {
  mails += 1;
  const id = `given-up-${mails}`;
  await server.database.db
    .insertInto('mail_outbox')
    .values({
      id,
      message: 'account_deleted',
      recipient: 'ada@example.test',
      language: 'en',
      created_at: movingClock.now(),
      next_attempt_at: movingClock.now(),
      give_up_after: movingClock.now(),
      given_up_at: movingClock.now(),
      last_error: '550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table',
    })
    .execute();
  return id;
}

/** Some weeks of it, and something that has gone wrong. */
async function busyWeeks(stage: Stage): Promise<void> {
  const deps = { db: stage.server.database.db, clock: movingClock };
  for (let day = 0; day < 24; day += 1) {
    for (let count = 0; count < 3 + ((day * 7) % 11); count += 1)
      await recordEvent(deps, { event: 'sign_in.succeeded' });
    if (day % 5 === 2) await recordEvent(deps, { event: 'sign_in.failed', outcome: 'failure' });
    if (day % 3 === 0) await recordEvent(deps, { event: 'account.created' });
    movingClock.advance({ hours: 24 });
  }
  await givenUp(stage);
}

export const CONSOLE_PAGES: readonly PageState[] = [
  ...CONSOLE_ACCOUNT_PAGES,
  {
    view: 'admin/overview',
    state: 'after some weeks',
    heading: 'Administration',
    async open(stage) {
      await busyWeeks(stage);
      await atConsole(stage, '/admin');
    },
  },
  {
    view: 'admin/forbidden',
    state: 'for somebody who administers nothing',
    heading: 'not for you',
    open: (stage) => atAccount(stage, '/admin'),
  },
  opened('operations/clients', 'as it opens', 'Apps', '/admin/clients'),
  opened('operations/client', 'of an app with an API', 'Ledger', '/admin/clients/ledger'),
  opened('operations/sessions', 'with some', 'Sessions', '/admin/sessions'),
  opened('operations/keys', 'as it opens', 'Keys', '/admin/keys'),
  opened('operations/rotate-keys', 'asking', 'Replace the keys', '/admin/keys/rotate'),
  {
    view: 'admin/operations/revoke-key',
    state: 'asking',
    heading: 'Revoke a key',
    async open(stage) {
      const [key] = await describeKeys(stage.server.database.db);
      await atConsole(stage, `/admin/keys/${key?.kid}/revoke`);
    },
  },
  opened('operations/configuration', 'as it opens', 'Configuration', '/admin/configuration'),
  {
    view: 'admin/operations/outbox',
    state: 'with some',
    heading: 'Mails',
    async open(stage) {
      await givenUp(stage);
      await atConsole(stage, '/admin/outbox');
    },
  },
  {
    view: 'admin/operations/drop-mail',
    state: 'asking',
    heading: 'Drop a mail',
    open: async (stage) => atConsole(stage, `/admin/outbox/${await givenUp(stage)}/drop`),
  },
  opened('operations/audit', 'as it opens', 'Audit log', '/admin/audit'),
  opened('operations/audit', 'with nothing found', 'Audit log', '/admin/audit?event=role.deleted&address=203.0.113.9'),
];
