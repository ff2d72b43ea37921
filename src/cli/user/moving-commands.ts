// gatehouse user import and export: what there is to type.
import { type Command, Option } from 'commander';
import { FORMATS, type Format } from '../../moving/write-rows.ts';
import { examples, type Perform } from '../command-parts.ts';
import { type ExportRequest, exportUsers } from './export.ts';
import { type ImportRequest, importUsers } from './import.ts';

export function addMovingCommands(user: Command, perform: Perform): void {
  user
    .command('import')
    .description('take accounts over from another system; exits with 1 if a row was refused')
    .argument('<file>', 'JSON lines (.jsonl) or CSV (.csv), as docs/moving-in.md has it; - for stdin')
    .addOption(new Option('--format <format>', 'where the name of the file does not say it').choices(FORMATS))
    .option('--dry-run', 'say what would be done and what is wrong, and write nothing', false)
    .option('--update', 'change accounts that are there to what their rows say', false)
    .option('--allow-administrators', 'also give roles that let people administer Gatehouse', false)
    .option('--errors <file>', 'list refused rows there as well, as JSON lines')
    .addHelpText(
      'after',
      examples(
        'gatehouse user import users.jsonl --dry-run',
        'gatehouse user import users.csv --errors refused.jsonl',
        './export-users.py | gatehouse user import - --format jsonl',
      ),
    )
    .action((file: string, options: Omit<ImportRequest, 'file'>) =>
      perform((invocation) => importUsers(invocation, { file, ...options })),
    );
  user
    .command('export')
    .description('write all accounts as "user import" takes them back')
    .addOption(
      new Option('--format <format>', 'jsonl is exact; csv is for spreadsheets').choices(FORMATS).default('jsonl'),
    )
    .option('--out <file>', 'a file that only its owner may read, instead of stdout')
    .option('--with-password-hashes', 'with the hashes of passwords, which are worth guarding', false)
    .addHelpText('after', examples('gatehouse user export --with-password-hashes --out users.jsonl'))
    .action((options: ExportRequest & { format: Format }) => perform((invocation) => exportUsers(invocation, options)));
}
