// gatehouse audit …: what there is to type.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXPORT_FORMATS } from '../../audit/export-events.ts';
import { examples, type Perform } from '../command-parts.ts';
import { type Exported, exportAudit } from './export.ts';
import { type Listed, listAudit } from './list.ts';

export function addAuditCommands(audit: Command, perform: Perform): void {
  withFilters(audit.command('list').description('list what happened, newest first'))
    .option('--limit <number>', 'how many at most (50 unless stated)', limit, 50)
    .option('--before <id>', 'only what is older than this one: where the list before ended')
    .addHelpText(
      'after',
      examples(
        'gatehouse audit list --account jane@example.com --event sign_in.',
        'gatehouse audit list --outcome failure --from 2026-11-01 --json',
      ),
    )
    .action((options: Listed) => perform((invocation) => listAudit(invocation, options)));
  withFilters(audit.command('export').description('write all of it, newest first, for other programs'))
    .addOption(new Option('--format <format>', 'JSON lines or CSV').choices(EXPORT_FORMATS).default('jsonl'))
    .option('--out <file>', 'a new file instead of stdout')
    .addHelpText('after', examples('gatehouse audit export --format csv --from 2026-10-01 --out october.csv'))
    .action((options: Exported) => perform((invocation) => exportAudit(invocation, options)));
}

const withFilters = (command: Command): Command =>
  command
    .option('--account <who>', 'whose events: e-mail address, username, or id (of a deleted account too)')
    .option('--actor <actor>', 'who did it: account:<id>, client:<id>, operator or server')
    .option('--event <name>', 'a name, or the beginning of several up to a dot: sign_in.')
    .option('--client <client>', 'the app')
    .option('--subject <subject>', 'what it tells of: role:editor, group:staff, client:shop')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(['success', 'failure']))
    .option('--address <address>', 'the IP address it came from')
    .option('--request-id <id>', 'as it stands in the log')
    .option('--from <time>', 'from this day or moment on (ISO 8601, UTC unless stated)')
    .option('--until <time>', 'before this day or moment');

/** More is what export is for. */
const LARGEST_LIMIT = 10_000;

function limit(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= LARGEST_LIMIT) return number;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${LARGEST_LIMIT}.`);
}
