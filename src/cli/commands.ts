// The table of commands: what there is to type, and the help that goes with it.
import { type Command, Option } from 'commander';
import { ACCOUNT_STATUSES, type AccountStatus } from '../accounts/account.ts';
import { addGroupCommands } from './access/group-commands.ts';
import { addPermissionCommands } from './access/permission-commands.ts';
import { addRoleCommands } from './access/role-commands.ts';
import { addAuditCommands } from './audit/commands.ts';
import { addBackupCommands } from './backup/commands.ts';
import { addClaimsCommands } from './claims/commands.ts';
import { addClientCommands } from './client/commands.ts';
import { collect, examples, type Perform, WHO, wholeNumber } from './command-parts.ts';
import { addConfigCommands } from './config/commands.ts';
import { explainReference } from './explain.ts';
import { addKeysCommands } from './keys/commands.ts';
import { addLogoutNoticeCommands } from './logout-notice.ts';
import { addMailCommands } from './mail.ts';
import { addSecretsCommands } from './secrets/commands.ts';
import { buildServerProgram } from './serve/commands.ts';
import { banUser, deleteUser, unbanUser } from './user/access.ts';
import { createUser, type NewUser } from './user/create.ts';
import { resetUserFactors, setUserPassword } from './user/credentials.ts';
import { inviteUser } from './user/invite.ts';
import { listUsers, showUser } from './user/list.ts';
import { addMovingCommands } from './user/moving-commands.ts';
import { addOwnDataCommands } from './user/own-data-commands.ts';
import { endUserSessions, listUserSessions } from './user/sessions.ts';

/** All of it. `prepare` is called before its subcommands copy the settings of the program. */
export function buildProgram(perform: Perform, prepare: (program: Command) => void): Command {
  const program = buildServerProgram(perform, prepare);
  addBackupCommands(program, perform);
  addExplainCommand(program, perform);
  addUserCommands(program.command('user').description('people who can sign in'), perform);
  addRoleCommands(program.command('role').description('roles, and who has them'), perform);
  addGroupCommands(program.command('group').description('groups, and who is in them'), perform);
  addPermissionCommands(program.command('permission').description('what roles permit, by API or app'), perform);
  addClientCommands(program.command('client').description('apps, as their files describe them'), perform);
  addClaimsCommands(program.command('claims').description('what apps read of people'), perform);
  addLogoutNoticeCommands(
    program.command('logout-notice').description('what apps have not been told of ended sessions'),
    perform,
  );
  addMailCommands(program.command('mail').description('what has not been mailed to people, and why'), perform);
  addKeysCommands(program.command('keys').description('the keys that sign tokens'), perform);
  addSecretsCommands(program.command('secrets').description('what the master secret seals'), perform);
  addAuditCommands(program.command('audit').description('what happened: who did what, on whom, from where'), perform);
  addConfigCommands(program.command('config').description('the configuration as files'), perform);
  return program;
}

function addExplainCommand(program: Command, perform: Perform): void {
  program
    .command('explain')
    .description('tell what went wrong with a request, by the reference that its error carries')
    .argument('<reference>', 'as on the page or at the end of error_description; case and dash do not matter')
    .addHelpText('after', examples('gatehouse explain K7QF2-M9XTB', 'gatehouse explain k7qf2m9xtb --json'))
    .action((reference: string) => perform((invocation) => explainReference(invocation, { reference })));
}

function addUserCommands(user: Command, perform: Perform): void {
  user
    .command('create')
    .description('create an account; asks for the password, or makes one when there is nobody to ask')
    .requiredOption('--email <address>', 'e-mail address')
    .option('--username <username>', 'a second name to sign in with')
    .option('--name <name>', 'how the person is called in apps')
    .option('--role <role>', 'a role to begin with; may be given more than once', collect, [])
    .option('--email-verified', 'the address is known to be theirs', false)
    .option('--password-stdin', 'read the password from stdin, one line', false)
    .option('--invite', 'no password: mail a link that sets it, good for 7 days', false)
    .addHelpText(
      'after',
      examples(
        'gatehouse user create --email jane@example.com --invite',
        'gatehouse user create --email jane@example.com --role vendor --role shop-admin',
        'pass show jane | gatehouse user create --email jane@example.com --password-stdin',
      ),
    )
    .action(({ role, ...options }: { role: string[] } & Omit<NewUser, 'roles'>) =>
      perform((invocation) => createUser(invocation, { ...options, roles: role })),
    );
  user
    .command('invite')
    .description('mail another invitation to an account that has no password yet; those before are void')
    .argument('<who>', WHO)
    .action((who: string) => perform((invocation) => inviteUser(invocation, { who })));
  user
    .command('list')
    .description('list accounts, oldest first')
    .option('--limit <number>', 'how many at most (100 unless stated)', wholeNumber, 100)
    .addOption(new Option('--status <status>', 'only these: active, banned or deleting').choices(ACCOUNT_STATUSES))
    .action((options: { limit: number; status?: AccountStatus }) =>
      perform((invocation) => listUsers(invocation, options)),
    );
  user
    .command('show')
    .description('show one account: profile, roles, second factor, last sign-in')
    .argument('<who>', WHO)
    .action((who: string) => perform((invocation) => showUser(invocation, { who })));
  addOwnDataCommands(user, perform, WHO);
  addMovingCommands(user, perform);
  addAccessCommands(user, perform);
  addCredentialCommands(user, perform);
}

function addAccessCommands(user: Command, perform: Perform): void {
  user
    .command('ban')
    .description('shut an account out: no sign-in, and every session and token ends at once')
    .argument('<who>', WHO)
    .option('--reason <text>', 'a note for operators; the person does not see it')
    .addHelpText('after', examples('gatehouse user ban jane@example.com --reason "laptop stolen, ticket 4711"'))
    .option('--yes', 'even the last administrator, and do not ask', false)
    .action((who: string, options: { reason?: string; yes: boolean }) =>
      perform((invocation) => banUser(invocation, { who, ...options })),
    );
  user
    .command('unban')
    .description('let a banned account in again')
    .argument('<who>', WHO)
    .action((who: string) => perform((invocation) => unbanUser(invocation, { who })));
  user
    .command('delete')
    .description('delete an account and everything that belongs to it')
    .argument('<who>', WHO)
    .option('--yes', 'do not ask', false)
    .action((who: string, options: { yes: boolean }) =>
      perform((invocation) => deleteUser(invocation, { who, ...options })),
    );
  user
    .command('sessions')
    .description('list where somebody is signed in: device, address, since when, for which apps')
    .argument('<who>', WHO)
    .action((who: string) => perform((invocation) => listUserSessions(invocation, { who })));
  user
    .command('end-sessions')
    .description('sign somebody out everywhere; apps are told, and access they were given for good stays')
    .argument('<who>', WHO)
    .option('--session <session>', 'only this one of "user sessions"')
    .action((who: string, options: { session?: string }) =>
      perform((invocation) => endUserSessions(invocation, { who, ...options })),
    );
}

function addCredentialCommands(user: Command, perform: Perform): void {
  user
    .command('set-password')
    .description('give an account a new password; every session and refresh token of it ends')
    .argument('<who>', WHO)
    .option('--password-stdin', 'read the password from stdin, one line', false)
    .addHelpText('after', examples('gatehouse user set-password jane@example.com --password-stdin < password.txt'))
    .action((who: string, options: { passwordStdin: boolean }) =>
      perform((invocation) => setUserPassword(invocation, { who, ...options })),
    );
  user
    .command('reset-mfa')
    .description('remove authenticator and recovery codes; every session and refresh token ends')
    .argument('<who>', WHO)
    .action((who: string) => perform((invocation) => resetUserFactors(invocation, { who })));
}
