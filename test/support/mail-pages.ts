// Where development shows mails.
import { writeMail } from '../../src/mail/outbox.ts';
import { MAILS } from '../rooms/mail/samples.ts';
import type { PageState, Stage } from './every-page.ts';
import { movingClock } from './moving-clock.ts';

/** The page that lists it, with one link to it. */
async function listsMail({ server, page }: Stage): Promise<void> {
  const deps = { db: server.database.db, clock: movingClock, box: server.deps.box };
  await writeMail(deps, { to: 'ada@example.test', language: 'en', message: MAILS.reset_password });
  // It is listed as soon as the worker has taken it.
  do await page.goto(`${server.issuer}/dev/mail`);
  while ((await page.getByRole('link', { name: 'Choose a new password' }).count()) === 0);
}

export const MAIL_PAGES: readonly PageState[] = [
  { view: 'dev/mails', state: 'with one', heading: 'Mails', open: listsMail },
  {
    view: 'dev/mail',
    state: 'with a link',
    heading: 'Choose a new password',
    async open(stage) {
      await listsMail(stage);
      await stage.page.getByRole('link', { name: 'Choose a new password' }).first().click();
      await stage.page.waitForURL('**/dev/mail/*');
    },
  },
];
