// gatehouse user create: an account with its password and roles, all of it or nothing.
import type { Account } from '../../accounts/account.ts';
import { type AccountRequest, createAccount } from '../../accounts/create-account.ts';
import { recordEvent } from '../../audit/audit-log.ts';
import { atomically } from '../../database/atomically.ts';
import type { Db } from '../../database/database.ts';
import { grantRole } from '../../roles/assignments.ts';
import { listRoles } from '../../roles/role.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { type CommandDeps, withDatabase } from '../with-database.ts';
import { accountResult } from './account-result.ts';
import { invitationLines, invite } from './invite.ts';
import { obtainPassword } from './obtain-password.ts';
import { passwordDeps } from './password-deps.ts';

export interface NewUser {
  readonly email: string;
  readonly username?: string | undefined;
  readonly name?: string | undefined;
  readonly emailVerified: boolean;
  readonly roles: readonly string[];
  readonly passwordStdin: boolean;
  /** No password: a mail with a link that sets it. */
  readonly invite: boolean;
}

export async function createUser(invocation: Invocation, user: NewUser): Promise<Answer> {
  const config = commandConfig(invocation);
  const needed = passwordDeps(config);
  const { passwordStdin, email, username, name: displayName, emailVerified } = user;
  if (user.invite && (passwordStdin || emailVerified)) throw new CommandFailed('invalid', INVITED_CHOOSES);
  const obtain = () => obtainPassword(invocation.terminal, { passwordStdin, rules: needed.rules });
  const { password, generated } = user.invite ? NO_PASSWORD : await obtain();
  const { reservedUsernames } = config.registration;
  const request = { email, username, displayName, emailVerified, password, reservedUsernames };
  const roles = [...new Set(user.roles)].sort();
  const { account, link } = await withDatabase(config, (deps) =>
    atomically(deps.db, async (tx) => {
      const inside = { ...deps, config, db: tx };
      await requireRoles(tx, roles);
      const created = await insert({ ...deps, ...needed, db: tx }, request);
      const whose = { accountId: created.id, actor: 'operator' } as const;
      await recordEvent(inside, { event: 'account.created', ...whose, details: { roles } });
      for (const role of roles) {
        await grantRole(tx, { accountId: created.id, role });
        await recordEvent(inside, { event: 'role.granted', ...whose, subject: `role:${role}` });
      }
      return { account: created, link: user.invite ? await invite(inside, created.id) : undefined };
    }),
  );
  return answer(account, { roles, password: generated ? password : undefined, link });
}

const NO_PASSWORD = { password: undefined, generated: false };

const INVITED_CHOOSES =
  '--invite goes without --password-stdin and --email-verified: whoever is invited chooses the password, and proves the address by it.';

/** Before the account exists, and before any work is done for it. */
async function requireRoles(db: Db, wanted: readonly string[]): Promise<void> {
  if (wanted.length === 0) return;
  const known = (await listRoles(db)).map(({ name }) => name);
  const unknown = wanted.filter((role) => !known.includes(role));
  if (unknown.length === 0) return;
  const message = `There is no role ${unknown.map(quoted).join(', ')}, so no account was created.`;
  throw new CommandFailed('not_found', `${message} Known roles: ${known.join(', ')}.`);
}

async function insert(deps: CommandDeps & ReturnType<typeof passwordDeps>, request: AccountRequest): Promise<Account> {
  const creation = await createAccount(deps, request);
  switch (creation.outcome) {
    case 'created':
      return creation.account;
    case 'email_taken':
      throw new CommandFailed('taken', `There is an account with the e-mail address ${quoted(request.email)} already.`);
    case 'username_taken':
      throw new CommandFailed(
        'taken',
        `There is an account with the username ${quoted(request.username ?? '')} already.`,
      );
    case 'invalid': {
      const reasons = creation.problems.map(({ field, message }) => `\n  ${OPTIONS[field]}: ${message}`);
      throw new CommandFailed('invalid', `No account was created:${reasons.join('')}`);
    }
  }
}

const OPTIONS = { email: '--email', username: '--username', displayName: '--name', password: 'password' } as const;

function answer(
  account: Account,
  shown: { roles: readonly string[]; password: string | undefined; link: string | undefined },
): Answer {
  const { roles, password, link } = shown;
  const lines = [
    `Created ${account.email}${roles.length === 0 ? '' : ` with ${roles.join(', ')}`}.`,
    ...(password === undefined ? [] : [`Password: ${password}`, 'It is shown only this once.']),
    ...(link === undefined ? [] : invitationLines(account, link)),
  ];
  const shownOnce = {
    ...(password !== undefined && { password }),
    ...(link !== undefined && { invitation_url: link }),
  };
  return { result: { ...accountResult(account), roles, ...shownOnce }, text: lines.join('\n') };
}
