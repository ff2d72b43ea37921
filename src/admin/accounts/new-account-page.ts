// Making an account for somebody, with an invitation by mail or without; with roles and groups from the beginning.
import type Koa from 'koa';
import { z } from 'zod';
import { takesInvitations } from '../../accounts/accept-invitation.ts';
import { createAccountAs } from '../../administration/accounts/create-account-as.ts';
import { permissionsHeldUntil } from '../../administration/administrator.ts';
import { textsFor } from '../../http/page.ts';
import { listGroups } from '../../roles/groups.ts';
import { listRoles } from '../../roles/role.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { answerWith, errorOf, type Trouble, troubleOf } from '../not-done.ts';
import { showAdminPage } from '../page.ts';
import { ACCOUNTS_PATH, accountPath, CREATE_PATH, INVITE_PATH } from './paths.ts';
import { productPermissionsOfRoles } from './ways-to-roles.ts';

export type Manner = 'create' | 'invite';

const ROLE = 'role.';
const GROUP = 'group.';

const text = z.string().max(4000).optional();
const FIELDS = z.strictObject({
  csrf: text,
  email: text,
  username: text,
  name: text,
  email_verified: z.literal('yes').optional(),
});
const isBox = (name: string): boolean => name.startsWith(ROLE) || name.startsWith(GROUP);

/**
 * A box for each role and group there is, and there may be others by now: the verb knows. Every name is looked at: a record
 * of zod would pass over `__proto__`.
 */
const form = z.custom<Readonly<Record<string, string>>>().transform((sent, context) => {
  const fields = FIELDS.safeParse(Object.fromEntries(Object.entries(sent).filter(([name]) => !isBox(name))));
  const boxes = Object.entries(sent).filter(([name]) => isBox(name));
  if (!fields.success || boxes.some(([, value]) => value !== 'yes')) {
    context.addIssue('not what this page can send');
    return z.NEVER;
  }
  const ticked = (prefix: string) =>
    boxes.flatMap(([name]) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  return { ...fields.data, roles: ticked(ROLE), groups: ticked(GROUP) };
});

type Typed = Partial<z.infer<typeof form>>;

export const showNewAccount =
  (deps: AdminDeps, manner: Manner): AdminStep =>
  (ctx, admin) => {
    const isClosed = manner === 'invite' && !takesInvitations(deps.config);
    const trouble = isClosed ? troubleOf(textsFor(ctx), { outcome: 'invitations_closed' }) : undefined;
    return showPage(deps, ctx, { admin, manner, ...(trouble && { trouble }) });
  };

export const submitNewAccount =
  (deps: AdminDeps, manner: Manner): AdminStep =>
  async (ctx, admin) => {
    const typed = await readAccountForm(deps, ctx, { me: admin.me, form });
    const { email = '', username, name, email_verified, roles, groups } = typed;
    const created = await createAccountAs(deps, admin.by, {
      email,
      username: username?.trim() === '' ? undefined : username,
      name: name?.trim() === '' ? undefined : name,
      emailVerified: manner === 'create' && email_verified !== undefined,
      roles,
      groups,
      invite: manner === 'invite',
    });
    switch (created.outcome) {
      case 'done':
        return backTo(ctx, accountPath(created.account.id), `accounts.${manner}.done`);
      case 'unchanged':
        return backTo(ctx, ACCOUNTS_PATH);
      default:
        return showPage(deps, ctx, { admin, manner, typed, trouble: troubleOf(textsFor(ctx), created) });
    }
  };

interface Shown {
  readonly admin: AtConsole;
  readonly manner: Manner;
  readonly typed?: Typed;
  readonly trouble?: Trouble;
}

async function showPage(
  deps: AdminDeps,
  ctx: Koa.Context,
  { admin, manner, typed = {}, trouble }: Shown,
): Promise<void> {
  const action = manner === 'create' ? CREATE_PATH : INVITE_PATH;
  answerWith(ctx, trouble, action);
  await showAdminPage(deps, ctx, {
    view: 'accounts/new',
    title: `accounts.${manner}`,
    lead:
      manner === 'invite' || takesInvitations(deps.config) ? `accounts.${manner}.lead` : 'accounts.create.lead_closed',
    current: 'accounts',
    admin,
    locals: {
      listHref: ACCOUNTS_PATH,
      action,
      manner,
      typed: { email: '', username: '', name: '', ...typed },
      wrong: Object.fromEntries(['email', 'username', 'name'].map((field) => [field, errorOf(trouble, field)])),
      problem: trouble?.problem,
      errors: trouble?.errors ?? [],
      ...(await boxesOf(deps, admin, typed)),
    },
  });
}

/** Of what whoever asks may give, for good. */
async function boxesOf(deps: AdminDeps, { by, may }: AtConsole, typed: Typed) {
  const { db } = deps;
  const roles = await listRoles(db);
  const lasting = await permissionsHeldUntil(deps, by, 'for good');
  const mayGive = (names: readonly string[]) =>
    [...productPermissionsOfRoles(roles, names)].every((permission) => lasting.has(permission));
  const box =
    (prefix: string, ticked: readonly string[] = []) =>
    ({ name, description }: { name: string; description: string }) => ({
      name: prefix + name,
      label: name,
      help: description === '' ? undefined : description,
      checked: ticked.includes(name),
    });
  const inForce = ({ goneAt }: { goneAt: Date | undefined }) => goneAt === undefined;
  const groups = may.has('groups:write') ? await listGroups(db) : [];
  return {
    roles: may.has('roles:assign')
      ? roles.filter((role) => inForce(role) && mayGive([role.name])).map(box(ROLE, typed.roles))
      : [],
    groups: groups.filter((group) => inForce(group) && mayGive(group.roles)).map(box(GROUP, typed.groups)),
  };
}
