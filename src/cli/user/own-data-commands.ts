// gatehouse user set, export-data and keep: what there is to type.
import type { Command } from 'commander';
import { examples, type Perform } from '../command-parts.ts';
import { exportUserData, keepUser } from './leaving.ts';
import { setUserFields } from './set.ts';

/** `who` says what stands for an account. */
export function addOwnDataCommands(user: Command, perform: Perform, who: string): void {
  user
    .command('set')
    .description('change name, profile and attributes of an account; apps see it in the next token')
    .argument('<who>', who)
    .argument('<field=value...>', 'such as name=Jane, birthdate=1985-04-12 or an attribute of gatehouse.yaml')
    .addHelpText(
      'after',
      examples(
        'gatehouse user set jane@example.com department=sales',
        'gatehouse user set jane@example.com "topics=news|offers" phone_number=',
      ),
    )
    .action((account: string, assignments: string[]) =>
      perform((invocation) => setUserFields(invocation, { who: account, assignments })),
    );
  user
    .command('export-data')
    .description('everything that is kept about a person, as JSON, without secrets')
    .argument('<who>', who)
    .addHelpText('after', examples('gatehouse user export-data jane@example.com > jane.json'))
    .action((account: string) => perform((invocation) => exportUserData(invocation, { who: account })));
  user
    .command('keep')
    .description('keep an account whose owner has asked for its deletion, and has lost the link')
    .argument('<who>', who)
    .action((account: string) => perform((invocation) => keepUser(invocation, { who: account })));
}
