// gatehouse group …: what there is to type.
import type { Command } from 'commander';
import { collect, examples, type Perform, WHO, wholeNumber } from '../command-parts.ts';
import { adopt } from './adopt.ts';
import { addToGroup, removeFromGroup } from './grants.ts';
import { addGroup, alterGroup, removeGroup, showGroup, showGroups } from './groups.ts';

export function addGroupCommands(group: Command, perform: Perform): void {
  addModelCommands(group, perform);
  addMemberCommands(group, perform);
}

function addModelCommands(group: Command, perform: Perform): void {
  group
    .command('list')
    .description('list groups, their roles, and how many members they have')
    .action(() => perform(showGroups));
  group
    .command('show')
    .description('show one group and its members')
    .argument('<group>', NAME)
    .option('--limit <number>', 'how many members at most (100 unless stated)', wholeNumber, 100)
    .option('--after <id>', 'the next page, as the one before says')
    .action((name: string, options: { limit: number; after?: string }) =>
      perform((invocation) => showGroup(invocation, { name, ...options })),
    );
  group
    .command('create')
    .description('create a group')
    .argument('<group>', 'its name: lower case, a to z, digits, ". _ : -"')
    .option('--description <text>', 'who is in it')
    .option('--role <role>', 'what every member has; may be given more than once', collect, [])
    .addHelpText('after', examples('gatehouse group create newsroom --role author --role reader'))
    .action((name: string, options: { description?: string; role: string[] }) =>
      perform((invocation) => addGroup(invocation, { name, ...options })),
    );
  group
    .command('change')
    .description('change what the members of a group have, or its description')
    .argument('<group>', NAME)
    .option('--description <text>', 'who is in it')
    .option('--role <role>', 'what every member has too; may be given more than once', collect, [])
    .option('--remove-role <role>', 'what they have no longer through it; may be given more than once', collect, [])
    .option('--yes', EVEN_LAST, false)
    .action((name: string, options: { description?: string; role: string[]; removeRole: string[]; yes: boolean }) =>
      perform((invocation) => alterGroup(invocation, { name, ...options })),
    );
  group
    .command('delete')
    .description('delete a group; says first what that takes away')
    .argument('<group>', NAME)
    .option('--yes', 'do not ask', false)
    .action((name: string, options: { yes: boolean }) =>
      perform((invocation) => removeGroup(invocation, { name, ...options })),
    );
  group
    .command('adopt')
    .description('hand a group that was made by hand over to roles.yaml, which declares it too; its members stay')
    .argument('<group>', NAME)
    .option('--yes', 'do not ask, even where whoever has it would administer this server', false)
    .action((name: string, options: { yes: boolean }) =>
      perform((invocation) => adopt(invocation, { kind: 'group', name }, options)),
    );
}

const NAME = 'its name';
const EVEN_LAST = 'do not ask, even where nobody would be left who administers';

function addMemberCommands(group: Command, perform: Perform): void {
  group
    .command('add')
    .description('put an account into a group; apps see its roles in the next token')
    .argument('<group>', NAME)
    .argument('<who>', WHO)
    .option('--until <date>', 'not from this day on (UTC), or not after this moment; for good unless stated')
    .option('--yes', EVEN_LAST, false)
    .addHelpText('after', examples('gatehouse group add newsroom jane@example.com --until 2027-03-01'))
    .action((name: string, who: string, options: { until?: string; yes: boolean }) =>
      perform((invocation) => addToGroup(invocation, { group: name, who, ...options })),
    );
  group
    .command('remove')
    .description('take an account out of a group')
    .argument('<group>', NAME)
    .argument('<who>', WHO)
    .option('--yes', EVEN_LAST, false)
    .action((name: string, who: string, options: { yes: boolean }) =>
      perform((invocation) => removeFromGroup(invocation, { group: name, who, ...options })),
    );
}
