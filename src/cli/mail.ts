// gatehouse mail …: what has not been delivered yet, or could not be, and whether mails arrive at all.
import { join } from 'node:path';
import type { Command } from 'commander';
import { dropMailAs, retryMailAs } from '../administration/mails-as.ts';
import { systemClock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import { type ListedMail, listMails } from '../mail/outbox.ts';
import { mailRenderer } from '../mail/render.ts';
import { connectTo, smtpFailure } from '../mail/smtp.ts';
import { ROOT } from '../package.ts';
import { examples, type Perform } from './command-parts.ts';
import { commandConfig } from './configuration.ts';
import { CommandFailed } from './failure.ts';
import { count, quoted, table } from './output.ts';
import type { Answer, Invocation } from './terminal.ts';
import { withDatabase } from './with-database.ts';

export function addMailCommands(mail: Command, perform: Perform): void {
  mail
    .command('list')
    .description('list mails that wait for another attempt, and those that were given up, oldest first')
    .action(() => perform(showMails));
  mail
    .command('retry')
    .description('try again now, and for another 48 hours; everything that list shows, or one')
    .argument('[id]', 'the id that list shows')
    .addHelpText('after', examples('gatehouse mail retry'))
    .action((id: string | undefined) => perform((invocation) => retry(invocation, id)));
  mail
    .command('drop')
    .description('never send the mail')
    .argument('<id>', 'the id that list shows')
    .action((id: string) => perform((invocation) => drop(invocation, id)));
  mail
    .command('test')
    .description('send a mail to this address now, and say what the mail server answers')
    .argument('<address>', 'where it shall arrive')
    .addHelpText('after', examples('gatehouse mail test you@example.com'))
    .action((address: string) => perform((invocation) => sendTest(invocation, address)));
}

const MOST_SHOWN = 1_000;

const showMails = (invocation: Invocation): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    const mails = await listMails(db, { limit: MOST_SHOWN });
    const headings = ['ID', 'MAIL', 'TO', 'STATE', 'ATTEMPTS', 'WRITTEN', 'NEXT ATTEMPT', 'LAST ERROR'];
    return {
      result: { mails: mails.map(mailResult) },
      text: mails.length === 0 ? 'Every mail has been delivered.' : table(headings, mails.map(mailRow)),
    };
  });

const mailRow = (mail: ListedMail) => [
  mail.id,
  mail.name,
  mail.to,
  mail.state === 'waiting' ? 'waiting' : 'given up',
  mail.attempts,
  mail.createdAt,
  mail.nextAttemptAt,
  mail.lastError,
];

const mailResult = (mail: ListedMail) => ({
  id: mail.id,
  mail: mail.name,
  to: mail.to,
  account_id: mail.accountId,
  language: mail.language,
  state: mail.state,
  attempts: mail.attempts,
  created_at: mail.createdAt,
  next_attempt_at: mail.nextAttemptAt,
  last_error: mail.lastError,
});

const OPERATOR = { kind: 'operator' } as const;

const retry = (invocation: Invocation, id: string | undefined): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    const answer = await retryMailAs(deps, OPERATOR, { id });
    if (id !== undefined && answer.outcome !== 'done') throw unknownMail(id);
    const retried = answer.outcome === 'done' ? answer.mails : 0;
    return { result: { retried }, text: `${count(retried, 'mail')} will be tried by the running server now.` };
  });

const drop = (invocation: Invocation, id: string): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    if ((await dropMailAs(deps, OPERATOR, { id })).outcome !== 'done') throw unknownMail(id);
    return { result: { id, dropped: true }, text: 'The mail will not be sent.' };
  });

const unknownMail = (id: string): CommandFailed =>
  new CommandFailed(
    'not_found',
    `There is no mail ${quoted(id)} that waits or was given up, or it is being sent right now. "gatehouse mail list" shows those there are.`,
  );

/** Not by the outbox: whoever asks wants to see what is wrong. Nor by the running server, which may not be there yet. */
async function sendTest(invocation: Invocation, address: string): Promise<Answer> {
  const { mail, name: product, issuer, branding } = commandConfig(invocation);
  const { smtpUrl } = mail;
  if (smtpUrl === undefined) {
    throw new CommandFailed(
      'mail_not_configured',
      'No mail server is configured: set GATEHOUSE_SMTP_URL, or mail.smtp_url in gatehouse.yaml.',
    );
  }
  const now = systemClock.now();
  const render = mailRenderer({ product, issuer, branding, viewsDir: join(ROOT, 'views') });
  const rendered = render({ mail: 'test' }, { language: 'en', at: now });
  const server = connectTo({ ...mail, smtpUrl }, product);
  try {
    await server.send({ id: newId(), to: address, date: now, ...rendered }, AbortSignal.timeout(TEST_MS));
  } catch (error) {
    throw new CommandFailed('mail_not_taken', `${new URL(smtpUrl).host}: ${smtpFailure(error).reason}`);
  } finally {
    server.close();
  }
  return { result: { to: address, taken: true }, text: `${new URL(smtpUrl).host} has taken a mail to ${address}.` };
}

/** Milliseconds that somebody at a terminal waits. */
const TEST_MS = 60_000;
