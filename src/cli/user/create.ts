// gatehouse user create: an account with its password and roles, all of it or nothing.
import type { Account } from '../../accounts/account.ts';
import { type AccountRequest, prepareAccount } from '../../accounts/prepare-account.ts';
import { createAccountAs } from '../../administration/accounts/create-account-as.ts';
import type { Db } from '../../database/database.ts';
import { listRoles } from '../../roles/role.ts';
import { changedBy, OPERATOR } from '../access/operator.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { accountResult } from './account-result.ts';
import { INVITATIONS_CLOSED, invitationLines } from './invite.ts';
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
  const { passwordStdin, email, username, name, emailVerified, invite } = user;
  if (invite && (passwordStdin || emailVerified)) throw new CommandFailed('invalid', INVITED_CHOOSES);
  const obtain = () => obtainPassword(invocation.terminal, { passwordStdin, rules: needed.rules });
  const { password, generated } = invite ? NO_PASSWORD : await obtain();
  const { reservedUsernames } = config.registration;
  const request = { email, username, displayName: name, emailVerified, password, reservedUsernames };
  const roles = [...new Set(user.roles)].sort();
  const created = await withDatabase(config, async (deps) => {
    await requireRoles(deps.db, roles);
    const passwordHash = await hashFor(needed, request);
    const wanted = { email, username, name, emailVerified, roles, invite, passwordHash };
    return made(await createAccountAs({ ...deps, config }, OPERATOR, wanted), user);
  });
  return answer(created.account, { roles, password: generated ? password : undefined, link: created.invitationLink });
}

const NO_PASSWORD = { password: undefined, generated: false };

const INVITED_CHOOSES =
  '--invite goes without --password-stdin and --email-verified: whoever is invited chooses the password, and proves the address by it.';

/** Before any work is done for the account. */
async function requireRoles(db: Db, wanted: readonly string[]): Promise<void> {
  if (wanted.length === 0) return;
  const known = (await listRoles(db)).map(({ name }) => name);
  const unknown = wanted.filter((role) => !known.includes(role));
  if (unknown.length === 0) return;
  const message = `There is no role ${unknown.map(quoted).join(', ')}, so no account was created.`;
  throw new CommandFailed('not_found', `${message} Known roles: ${known.join(', ')}.`);
}

/** Says all that is wrong with the account, not only with the password. */
async function hashFor(needed: ReturnType<typeof passwordDeps>, request: AccountRequest): Promise<string | undefined> {
  const prepared = await prepareAccount(needed, request);
  if (prepared.outcome === 'prepared') return prepared.account.passwordHash;
  const reasons = prepared.problems.map(({ field, message }) => `\n  ${OPTIONS[field]}: ${message}`);
  throw new CommandFailed('invalid', `No account was created:${reasons.join('')}`);
}

const OPTIONS = { email: '--email', username: '--username', displayName: '--name', password: 'password' } as const;

type Creation = Awaited<ReturnType<typeof createAccountAs>>;

function made(creation: Creation, { email, username = '' }: NewUser): Extract<Creation, { outcome: 'done' }> {
  if (creation.outcome === 'invitations_closed') throw new CommandFailed('invalid', INVITATIONS_CLOSED);
  if (creation.outcome === 'taken') {
    const what = creation.field === 'email' ? `e-mail address ${quoted(email)}` : `username ${quoted(username)}`;
    throw new CommandFailed('taken', `There is an account with the ${what} already.`);
  }
  if (changedBy(creation, { kind: 'account', name: email })) return creation;
  throw new Error('an account cannot be made without a change');
}

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
