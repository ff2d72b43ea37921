// The first page about an account: who it is, how it signs in, and what can be done about it.
import type Koa from 'koa';
import { takesInvitations } from '../../accounts/accept-invitation.ts';
import { findPasswordHash } from '../../accounts/finding/find-credentials.ts';
import { languageOf } from '../../http/language.ts';
import { heldRoles } from '../../roles/held.ts';
import { countRecoveryCodes } from '../../second-factors/recovery-codes.ts';
import { listAuthenticators } from '../../second-factors/totp-secrets.ts';
import type { AdminDeps } from '../deps.ts';
import { groupPath, rolePath } from '../model/paths.ts';
import type { Trouble } from '../not-done.ts';
import { showAccountTab } from './account-page.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { accountPath } from './paths.ts';

export const showAccount =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showOverviewOf(deps, ctx, at);

export async function showOverviewOf(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  trouble?: Trouble,
): Promise<void> {
  const { account } = at;
  const { roles, groups } = await heldRoles(deps, account.id);
  await showAccountTab(deps, ctx, at, {
    view: 'overview',
    tab: 'overview',
    trouble,
    locals: {
      whose: account,
      speaks: account.language && languageName(languageOf(ctx), account.language),
      roles: linked(roles, at.may.has('roles:read') ? rolePath : undefined),
      groups: linked(groups, at.may.has('groups:read') ? groupPath : undefined),
      signingIn: await signingInOf(deps, at),
      actions: actionsFor(account.id),
    },
  });
}

const linked = (names: readonly string[], pathOf?: (name: string) => string) =>
  names.map((name) => ({ name, href: pathOf?.(name) }));

/** In words of the page: `German`. A tag that no language has is said as it is. */
function languageName(pageLanguage: string, tag: string): string {
  try {
    return new Intl.DisplayNames([pageLanguage], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

async function signingInOf({ db, config }: AdminDeps, { account }: AtAccount) {
  const hasPassword = (await findPasswordHash(db, account.id)) !== undefined;
  return {
    hasPassword,
    authenticators: await listAuthenticators(db, account.id),
    recoveryCodes: await countRecoveryCodes(db, account.id),
    canBeInvited: !hasPassword && takesInvitations(config) && account.status === 'active',
    // The first password comes by an invitation, where there are any.
    canBeReset: (hasPassword || !takesInvitations(config)) && account.status === 'active',
  };
}

const actionsFor = (accountId: string) => ({
  reset: accountPath(accountId, 'reset'),
  invite: accountPath(accountId, 'invite'),
  factors: accountPath(accountId, 'factors'),
  download: accountPath(accountId, 'download'),
  ban: accountPath(accountId, 'ban'),
  unban: accountPath(accountId, 'unban'),
  delete: accountPath(accountId, 'delete'),
  roles: accountPath(accountId, 'roles'),
});
