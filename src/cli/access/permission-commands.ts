// gatehouse permission …: what there is to type.
import type { Command } from 'commander';
import { examples, type Perform, wholeNumber } from '../command-parts.ts';
import { adopt } from './adopt.ts';
import { addPermission, alterPermission, removePermission, showPermissions } from './permissions.ts';
import { whoHasPermission } from './who.ts';

export function addPermissionCommands(permission: Command, perform: Perform): void {
  permission
    .command('list')
    .description('list permissions, by API and app')
    .option('--resource <resource>', 'only those of this API or app')
    .action((options: { resource?: string }) => perform((invocation) => showPermissions(invocation, options)));
  named(permission.command('create').description('create a permission of an API or of an app'))
    .requiredOption('--description <text>', 'what it permits, in one sentence')
    .addHelpText(
      'after',
      examples('gatehouse permission create https://api.example.com posts:add --description "Can add posts"'),
    )
    .action((resource: string, name: string, { description }: { description: string }) =>
      perform((invocation) => addPermission(invocation, { resource, name, description })),
    );
  named(permission.command('change').description('say anew what a permission permits'))
    .requiredOption('--description <text>', 'what it permits, in one sentence')
    .action((resource: string, name: string, { description }: { description: string }) =>
      perform((invocation) => alterPermission(invocation, { resource, name, description })),
    );
  named(permission.command('delete').description('delete a permission; says first which roles lose it'))
    .option('--yes', 'do not ask', false)
    .action((resource: string, name: string, { yes }: { yes: boolean }) =>
      perform((invocation) => removePermission(invocation, { resource, name, yes })),
    );
  named(permission.command('adopt').description('hand a permission that was made by hand over to roles.yaml')).action(
    (resource: string, name: string) =>
      perform((invocation) => adopt(invocation, { kind: 'permission', ref: { resource, name } })),
  );
  named(permission.command('who').description('who has a permission, and why: the way from what they were given'))
    .option('--limit <number>', 'how many accounts at most (100 unless stated)', wholeNumber, 100)
    .option('--after <id>', 'the next page, as the one before says')
    .action((resource: string, name: string, options: { limit: number; after?: string }) =>
      perform((invocation) => whoHasPermission(invocation, { resource, name, ...options })),
    );
}

const named = (command: Command): Command =>
  command.argument('<resource>', 'the audience of an API, or a client_id').argument('<permission>', 'its name');
