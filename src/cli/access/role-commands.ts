// gatehouse role …: what there is to type.
import { type Command, Option } from 'commander';
import type { RoleMfa } from '../../roles/role.ts';
import { collect, examples, type Perform, WHO, wholeNumber } from '../command-parts.ts';
import { adopt } from './adopt.ts';
import { giveRole, takeRole } from './grants.ts';
import {
  addRole,
  alterRole,
  type RoleChangeOptions,
  type RoleOptions,
  removeRole,
  showRole,
  showRoles,
} from './roles.ts';
import { whoHasRole } from './who.ts';

export function addRoleCommands(role: Command, perform: Perform): void {
  addModelCommands(role, perform);
  addChangeCommand(role, perform);
  addWhoCommands(role, perform);
}

function addModelCommands(role: Command, perform: Perform): void {
  role
    .command('list')
    .description('list roles, where they come from, and how many accounts have them')
    .action(() => perform(showRoles));
  role
    .command('show')
    .description('show what a role permits and includes, and what it is used by')
    .argument('<role>', 'its name')
    .action((name: string) => perform((invocation) => showRole(invocation, { name })));
  withContents(
    role
      .command('create')
      .description('create a role')
      .argument('<role>', 'its name: lower case, a to z, digits, ". _ : -"')
      .addOption(mfaOption().default('optional')),
  )
    .addHelpText(
      'after',
      examples(
        'gatehouse role create editor --description "Writes and publishes articles" --include author',
        'gatehouse role create accountant --mfa required --permission https://api.example.com:invoices:write',
      ),
    )
    .action((name: string, options: RoleOptions) => perform((invocation) => addRole(invocation, { name, ...options })));
  role
    .command('delete')
    .description('delete a role and take it from everybody who has it; says first what that takes away')
    .argument('<role>', 'its name')
    .option('--yes', 'do not ask', false)
    .action((name: string, options: { yes: boolean }) =>
      perform((invocation) => removeRole(invocation, { name, ...options })),
    );
  role
    .command('adopt')
    .description('hand a role that was made by hand over to roles.yaml, which declares it too; whoever has it keeps it')
    .argument('<role>', 'its name')
    .option('--yes', 'do not ask, even where whoever has it would administer this server', false)
    .action((name: string, options: { yes: boolean }) =>
      perform((invocation) => adopt(invocation, { kind: 'role', name }, options)),
    );
}

function addChangeCommand(role: Command, perform: Perform): void {
  withContents(
    role
      .command('change')
      .description('change what a role permits, includes or demands')
      .argument('<role>', 'its name')
      .addOption(mfaOption()),
  )
    .option('--exclude <role>', 'a role that it includes no longer; may be given more than once', collect, [])
    .option('--remove-permission <permission>', 'one that it has no longer; may be given more than once', collect, [])
    .option('--everywhere', 'for every app and API', false)
    .option('--yes', EVEN_LAST, false)
    .addHelpText(
      'after',
      examples('gatehouse role change shop-admin --mfa required', 'gatehouse role change editor --include author'),
    )
    .action((name: string, options: RoleChangeOptions) =>
      perform((invocation) => alterRole(invocation, { name, ...options })),
    );
}

const EVEN_LAST = 'do not ask, even where nobody would be left who administers';

const withContents = (command: Command): Command =>
  command
    .option('--description <text>', 'what it is for')
    .option('--permission <permission>', 'RESOURCE:NAME, what it permits; may be given more than once', collect, [])
    .option('--include <role>', 'whoever has it has this role too; may be given more than once', collect, [])
    .addOption(new Option('--client <id>', 'only this app sees it').conflicts('resource'))
    .option('--resource <audience>', 'only access tokens for this API have it');

const mfaOption = () =>
  new Option('--mfa <mfa>', 'whether everybody who has it needs a second factor, in every app').choices([
    'optional',
    'required',
  ] satisfies RoleMfa[]);

function addWhoCommands(role: Command, perform: Perform): void {
  role
    .command('grant')
    .description('give an account, or a service, a role; apps see it in the next token')
    .argument('<role>', 'the role')
    .argument('[who]', WHO)
    .option('--until <date>', 'not from this day on (UTC), or not after this moment; for good unless stated')
    .option('--client <id>', 'a service client instead of a person')
    .option('--yes', EVEN_LAST, false)
    .addHelpText(
      'after',
      examples(
        'gatehouse role grant shop-admin jane@example.com',
        'gatehouse role grant auditor jane@example.com --until 2027-03-01',
        'gatehouse role grant importer --client nightly-import',
      ),
    )
    .action((name: string, who: string | undefined, options: { until?: string; client?: string; yes: boolean }) =>
      perform((invocation) => giveRole(invocation, { role: name, who, ...options })),
    );
  role
    .command('revoke')
    .description('take a role from an account or a service; apps see it in the next token')
    .argument('<role>', 'the role')
    .argument('[who]', WHO)
    .option('--client <id>', 'a service client instead of a person')
    .option('--yes', EVEN_LAST, false)
    .action((name: string, who: string | undefined, options: { client?: string; yes: boolean }) =>
      perform((invocation) => takeRole(invocation, { role: name, who, ...options })),
    );
  role
    .command('who')
    .description('who has a role, and why: given, through a group, or by a role that includes it')
    .argument('<role>', 'the role')
    .option('--limit <number>', 'how many accounts at most (100 unless stated)', wholeNumber, 100)
    .option('--after <id>', 'the next page, as the one before says')
    .action((name: string, options: { limit: number; after?: string }) =>
      perform((invocation) => whoHasRole(invocation, { role: name, ...options })),
    );
}
