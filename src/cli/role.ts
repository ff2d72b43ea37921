// gatehouse role …: the roles, and who has them.
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import type { Db } from '../database/database.ts';
import { grantRole, revokeRole } from '../roles/assignments.ts';
import { findRole, listRoles, type Role, type RoleMfa } from '../roles/role.ts';
import { changeRole, createRole, deleteRole } from '../roles/roles.ts';
import { countsOf, useOfRole } from '../roles/usage.ts';
import { commandConfig } from './configuration.ts';
import { confirmation } from './confirmation.ts';
import { CommandFailed } from './failure.ts';
import { count, neutral, quoted, table } from './output.ts';
import type { Answer, Invocation } from './terminal.ts';
import { requireAccount } from './user/require-account.ts';
import { withDatabase } from './with-database.ts';

export const showRoles = (invocation: Invocation): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    const roles = await listRoles(db);
    const accounts = (await countsOf(db)).roles;
    return {
      result: { roles: roles.map((role) => roleResult(role, accounts.get(role.name) ?? 0)) },
      text: table(
        ['ROLE', 'ACCOUNTS', 'MFA', 'DESCRIPTION'],
        roles.map(({ name, mfa, description }) => [name, accounts.get(name) ?? 0, mfa, description]),
      ),
    };
  });

const roleResult = ({ name, description, mfa, createdAt }: Role, accounts: number) => ({
  name,
  description,
  mfa,
  created_at: createdAt,
  accounts,
});

export const addRole = (
  invocation: Invocation,
  role: { name: string; description: string; mfa: RoleMfa },
): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async (deps) => {
    const creation = await createRole(deps, role);
    switch (creation.outcome) {
      case 'created':
        return { result: role, text: `Created the role ${neutral(role.name)}.` };
      case 'taken':
        throw new CommandFailed('taken', `There is a role ${quoted(role.name)} already.`);
      case 'invalid':
        throw new CommandFailed('invalid', `The role ${quoted(role.name)} was not created. ${creation.message}`);
      case 'unknown_role':
      case 'unknown_permission':
      case 'circle':
        throw new CommandFailed('invalid', `The role ${quoted(role.name)} was not created.`);
    }
  });

/** Where it comes to demand a second factor, sessions and refresh tokens without one get no further. */
export async function alterRole(
  invocation: Invocation,
  change: { name: string; description?: string; mfa?: RoleMfa },
): Promise<Answer> {
  const { name, description, mfa } = change;
  if (description === undefined && mfa === undefined) {
    throw new CommandFailed('invalid', 'Say what to change: --mfa or --description.');
  }
  return withDatabase(commandConfig(invocation), async (deps) => {
    const answer = await changeRole(deps, change);
    switch (answer.outcome) {
      case 'changed':
        return {
          result: roleResult(answer.role, 0),
          text: `Changed the role ${neutral(name)} (mfa: ${answer.role.mfa}).`,
        };
      case 'unknown':
        throw unknownRole(name);
      case 'reserved':
        throw new CommandFailed('reserved', `${quoted(name)} is one of Gatehouse's own roles. ${KEPT}`);
      case 'invalid':
        throw new CommandFailed('invalid', `The role ${quoted(name)} was not changed. ${answer.message}`);
      case 'declared':
      case 'unknown_role':
      case 'unknown_permission':
      case 'circle':
        throw new CommandFailed('invalid', `The role ${quoted(name)} was not changed.`);
    }
  });
}

const KEPT = `Its description stays, and ${ADMIN_ROLE} always needs a second factor.`;

export async function removeRole(
  invocation: Invocation,
  { name, yes }: { name: string; yes: boolean },
): Promise<Answer> {
  const confirmed = confirmation(invocation, { yes });
  return withDatabase(commandConfig(invocation), async ({ db }) => {
    await requireRole(db, name);
    const { accounts } = await useOfRole(db, name);
    await confirmed(`Delete the role ${neutral(name)}, which ${count(accounts, 'account has', 'accounts have')}?`);
    const deletion = await deleteRole(db, name);
    switch (deletion.outcome) {
      case 'deleted':
        return {
          result: { name, accounts: deletion.use.accounts },
          text: `Deleted the role ${neutral(name)}; ${count(deletion.use.accounts, 'account')} had it.`,
        };
      case 'unknown':
        throw unknownRole(name);
      case 'reserved':
        throw new CommandFailed('reserved', `${quoted(name)} is one of Gatehouse's own roles and stays.`);
      case 'declared':
        throw new CommandFailed('invalid', `${quoted(name)} is declared.`);
    }
  });
}

interface Assignment {
  readonly role: string;
  readonly who: string;
}

/** Apps see the change in the next token they get. */
export const giveRole = (invocation: Invocation, { role, who }: Assignment): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    const { id, email } = await requireAccount(db, who);
    const outcome = await grantRole(db, { accountId: id, role });
    switch (outcome) {
      case 'granted':
      case 'changed':
        return { result: { id, email, role, changed: true }, text: `${email} has the role ${role} now.` };
      case 'already':
        return { result: { id, email, role, changed: false }, text: `${email} has the role ${role} already.` };
      case 'unknown_role':
        throw unknownRole(role);
    }
  });

export const takeRole = (invocation: Invocation, { role, who }: Assignment): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    const { id, email } = await requireAccount(db, who);
    await requireRole(db, role);
    const changed = (await revokeRole(db, { accountId: id, role })) === 'revoked';
    const text = changed ? `${email} has the role ${role} no longer.` : `${email} does not have the role ${role}.`;
    return { result: { id, email, role, changed }, text };
  });

async function requireRole(db: Db, name: string): Promise<Role> {
  const role = await findRole(db, name);
  if (role === undefined) throw unknownRole(name);
  return role;
}

const unknownRole = (name: string): CommandFailed =>
  new CommandFailed('not_found', `There is no role ${quoted(name)}. "gatehouse role list" shows those there are.`);
