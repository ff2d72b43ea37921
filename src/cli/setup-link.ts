// gatehouse setup link, and what the server prints at its first start: the link that makes the first administrator.
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { issueAtStart, issueSetupLink, type SetupLink, withdrawSetupLink } from '../first-administrator/setup-link.ts';
import { setupAddress } from '../first-run/address.ts';
import type { Logger } from '../observability/logger.ts';
import { commandConfig } from './configuration.ts';
import { CommandFailed } from './failure.ts';
import type { Answer, Invocation, Terminal } from './terminal.ts';
import { withDatabase } from './with-database.ts';

export function printSetupLink(invocation: Invocation): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const issue = await issueSetupLink(deps);
    if (issue.outcome !== 'issued') throw new CommandFailed('already_set_up', ALREADY_SET_UP);
    const url = setupAddress(config.issuer, issue.token);
    return {
      result: { url, expires_at: issue.expiresAt },
      text: `Open this to become the first administrator, once, until ${timeOf(issue)}:\n\n  ${url}\n\nLinks printed before no longer work.`,
    };
  });
}

const ALREADY_SET_UP = `There is no set-up link any more: this Gatehouse has, or has had, an administrator.
Make another at the command line:
  gatehouse user create --email you@example.com --role gatehouse:admin
  gatehouse role grant gatehouse:admin somebody@example.com`;

/** Takes the printed link along: the next start prints another. */
export type Withdraw = () => Promise<void>;

/**
 * On stderr and in plain words in every mode, never through the log: a secret has no place among fields that are kept
 * and searched. See DECISIONS.md. Undefined where no link was printed.
 */
export async function greetFirstAdministrator(
  { db, clock }: { db: Db; clock: Clock },
  { config, terminal, log }: { config: Config; terminal: Terminal; log: Logger },
): Promise<Withdraw | undefined> {
  // The embedded database has one process: whoever made the link before is gone.
  const issue = await issueAtStart({ db, clock }, { alone: config.database.url === undefined });
  if (issue.outcome === 'just_issued') {
    log.info(
      { event: 'setup.waiting' },
      'Another process has just printed the set-up link; "gatehouse setup link" prints a new one.',
    );
  }
  if (issue.outcome !== 'issued') return undefined;
  terminal.stderr.write(framed(config, issue));
  log.info(
    { event: 'setup.link_printed', expiresAt: issue.expiresAt },
    'There is no administrator yet; the set-up link is on stderr.',
  );
  return () => withdrawSetupLink(db, issue.token);
}

const RULE = '-'.repeat(72);

const framed = (config: Config, link: SetupLink): string => `
${RULE}
  ${config.name} has no administrator yet. Open this link to become the first one:

  ${setupAddress(config.issuer, link.token)}

  It works once, until ${timeOf(link)}, and not after a restart.
  Keep it to yourself. For a new one: gatehouse setup link
${RULE}

`;

const timeOf = ({ expiresAt }: SetupLink): string => `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
