// gatehouse logout-notice …: what apps have not been told yet, or could not be.
import type { Command } from 'commander';
import { recordEvent } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { dropNotice, type ListedNotice, listNotices, retryNotices } from '../logout-notices/logout-notices.ts';
import { examples, type Perform } from './command-parts.ts';
import { commandConfig } from './configuration.ts';
import { CommandFailed } from './failure.ts';
import { count, quoted, table } from './output.ts';
import type { Answer, Invocation } from './terminal.ts';
import { withDatabase } from './with-database.ts';

export function addLogoutNoticeCommands(notice: Command, perform: Perform): void {
  notice
    .command('list')
    .description('list what waits for another attempt, and what was given up, oldest first')
    .action(() => perform(showNotices));
  notice
    .command('retry')
    .description('try again now, and for another 24 hours; everything that list shows, or one')
    .argument('[id]', 'the id that list shows')
    .addHelpText('after', examples('gatehouse logout-notice retry'))
    .action((id: string | undefined) => perform((invocation) => retry(invocation, id)));
  notice
    .command('drop')
    .description('never tell the app')
    .argument('<id>', 'the id that list shows')
    .action((id: string) => perform((invocation) => drop(invocation, id)));
}

/** An app that was down for a day has no more to read than this. */
const MOST_SHOWN = 1_000;

const showNotices = (invocation: Invocation): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    const notices = await listNotices(db, { limit: MOST_SHOWN });
    const headings = ['ID', 'CLIENT', 'ACCOUNT', 'STATE', 'ATTEMPTS', 'NEXT ATTEMPT', 'LAST ERROR'];
    return {
      result: { notices: notices.map(noticeResult) },
      text:
        notices.length === 0
          ? 'Every app has been told.'
          : table(
              headings,
              notices.map((each) => [
                each.id,
                each.clientId,
                each.accountId,
                each.state === 'waiting' ? 'waiting' : 'given up',
                each.attempts,
                each.nextAttemptAt,
                each.lastError,
              ]),
            ),
    };
  });

const noticeResult = (notice: ListedNotice) => ({
  id: notice.id,
  client_id: notice.clientId,
  account_id: notice.accountId,
  sid: notice.sid,
  state: notice.state,
  attempts: notice.attempts,
  created_at: notice.createdAt,
  next_attempt_at: notice.nextAttemptAt,
  last_error: notice.lastError,
});

const retry = (invocation: Invocation, id: string | undefined): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    const retried = await atomically(deps.db, async (tx) => {
      const inside = { ...deps, db: tx };
      const notices = await retryNotices(inside, id);
      const event = { event: 'logout_notice.retried', actor: 'operator', details: { notices, notice: id } } as const;
      if (notices > 0) await recordEvent(inside, event);
      return notices;
    });
    if (id !== undefined && retried === 0) throw unknownNotice(id);
    return { result: { retried }, text: `${count(retried, 'notice')} will be tried by the running server now.` };
  });

const drop = (invocation: Invocation, id: string): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db, clock }) => {
    const dropped = await atomically(db, async (tx) => {
      const event = { event: 'logout_notice.dropped', actor: 'operator', details: { notice: id } } as const;
      const found = await dropNotice(tx, id);
      if (found) await recordEvent({ db: tx, clock }, event);
      return found;
    });
    if (!dropped) throw unknownNotice(id);
    return { result: { id, dropped: true }, text: 'The app will not be told.' };
  });

const unknownNotice = (id: string): CommandFailed =>
  new CommandFailed(
    'not_found',
    `There is no notice ${quoted(id)} that has not been delivered. "gatehouse logout-notice list" shows those there are.`,
  );
