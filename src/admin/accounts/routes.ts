// The pages about accounts, each with the permission that it takes.
import type { ProductPermission } from '../../config/roles/product-permissions.ts';
import type { Route } from '../../http/route.ts';
import type { AdminDeps } from '../deps.ts';
import { adminChange, adminPage } from '../in-console.ts';
import { submitDownload, submitInvite, submitReset, submitUnban } from './actions.ts';
import { showBan, submitBan } from './ban-page.ts';
import { submitJoin, submitLeave, submitTimedRole, submitToggle } from './change-rights.ts';
import { showDelete, submitDelete } from './delete-page.ts';
import { showEvents } from './events-page.ts';
import { showFactors, submitFactors } from './factors-page.ts';
import { showAccounts } from './list-page.ts';
import { showNewAccount, submitNewAccount } from './new-account-page.ts';
import { type AccountStep, ofAccount } from './one-account.ts';
import { showAccount } from './overview-page.ts';
import { ACCOUNTS_PATH, CREATE_PATH, INVITE_PATH } from './paths.ts';
import { showProfile, submitProfile } from './profile-page.ts';
import { showRights } from './roles-page.ts';
import { showSessions, submitDisconnect, submitEndSession, submitEndSessions } from './sessions-page.ts';

export function accountsRoutes(deps: AdminDeps): readonly Route[] {
  const at = (rest: string) => `${ACCOUNTS_PATH}/:id${rest}`;
  const page = (rest: string, needs: ProductPermission, step: AccountStep) =>
    adminPage(deps, at(rest), needs, ofAccount(deps, step));
  const change = (rest: string, needs: ProductPermission, step: AccountStep) =>
    adminChange(deps, at(rest), needs, ofAccount(deps, step));
  return [
    adminPage(deps, ACCOUNTS_PATH, 'accounts:read', showAccounts(deps)),
    adminPage(deps, CREATE_PATH, 'accounts:write', showNewAccount(deps, 'create')),
    adminChange(deps, CREATE_PATH, 'accounts:write', submitNewAccount(deps, 'create')),
    adminPage(deps, INVITE_PATH, 'accounts:write', showNewAccount(deps, 'invite')),
    adminChange(deps, INVITE_PATH, 'accounts:write', submitNewAccount(deps, 'invite')),
    page('', 'accounts:read', showAccount(deps)),
    page('/profile', 'accounts:write', showProfile(deps)),
    change('/profile', 'accounts:write', submitProfile(deps)),
    page('/roles', 'accounts:read', showRights(deps)),
    change('/roles', 'roles:assign', submitToggle(deps)),
    change('/roles/timed', 'roles:assign', submitTimedRole(deps)),
    change('/roles/join', 'groups:write', submitJoin(deps)),
    change('/roles/leave', 'groups:write', submitLeave(deps)),
    page('/sessions', 'accounts:read', showSessions(deps)),
    change('/sessions/end-all', 'sessions:end', submitEndSessions(deps)),
    change('/sessions/:handle/end', 'sessions:end', submitEndSession(deps)),
    change('/apps/:clientId/disconnect', 'sessions:end', submitDisconnect(deps)),
    page('/events', 'audit:read', showEvents(deps)),
    change('/reset', 'accounts:write', submitReset(deps)),
    change('/invite', 'accounts:write', submitInvite(deps)),
    page('/factors', 'accounts:factors', showFactors(deps)),
    change('/factors', 'accounts:factors', submitFactors(deps)),
    change('/download', 'accounts:delete', submitDownload(deps)),
    page('/ban', 'accounts:write', showBan(deps)),
    change('/ban', 'accounts:write', submitBan(deps)),
    change('/unban', 'accounts:write', submitUnban(deps)),
    page('/delete', 'accounts:delete', showDelete(deps)),
    change('/delete', 'accounts:delete', submitDelete(deps)),
  ];
}
