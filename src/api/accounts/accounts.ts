// Accounts: read, make, change, delete.
import { changeAccountAs } from '../../administration/accounts/change-account-as.ts';
import { createAccountAs } from '../../administration/accounts/create-account-as.ts';
import { deleteAccountAs } from '../../administration/accounts/delete-account-as.ts';
import { versionOf } from '../../administration/outcomes.ts';
import { requireMatch } from '../conditions.ts';
import { created } from '../created.ts';
import type { ApiDeps } from '../deps.ts';
import { found } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { done } from '../outcomes.ts';
import { changesFrom, changesOfAccount, newAccount, pointerIn } from './changes.ts';
import { accountParams, accountSchema, readAccount } from './schemas.ts';

export const accountOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'createAccount',
    method: 'POST',
    path: '/accounts',
    needs: 'accounts:write',
    tag: 'Accounts',
    summary: 'Make an account, with an invitation or without',
    description:
      'It has no password: its owner sets one, by the invitation or by a reset. Roles need roles:assign besides, groups groups:write.',
    body: newAccount,
    success: { status: 201, description: 'The account. Location says where it is.', schema: accountSchema },
    run: async ({ by, body }) => {
      const { email_verified: emailVerified, ...wanted } = body;
      const made = found(
        done(await createAccountAs(deps, by, { ...wanted, emailVerified }), { named: ['role', 'group'] }),
      );
      const { account, body: shown } = await readAccount(deps, made.account.id);
      return created(deps, `/accounts/${encodeURIComponent(account.id)}`, shown);
    },
  }),
  operation({
    id: 'getAccount',
    method: 'GET',
    path: '/accounts/:accountId',
    needs: 'accounts:read',
    tag: 'Accounts',
    summary: 'One account',
    params: accountParams,
    success: { status: 200, description: 'The account.', schema: accountSchema },
    run: async ({ params }) => ({ status: 200, body: (await readAccount(deps, params.accountId)).body, tagged: true }),
  }),
  operation({
    id: 'changeAccount',
    method: 'PATCH',
    path: '/accounts/:accountId',
    needs: 'accounts:write',
    shows: 'accounts:read',
    tag: 'Accounts',
    summary: 'Change an account',
    description: 'What is left out stays, null takes away (RFC 7396). A new address is not proved by this.',
    ifMatch: 'required',
    params: accountParams,
    body: changesOfAccount,
    success: { status: 200, description: 'The account as it is now.', schema: accountSchema },
    run: async ({ by, params: { accountId }, body, condition }) => {
      const before = await readAccount(deps, accountId);
      requireMatch(condition, before.body);
      const changes = changesFrom(deps.config, body);
      const version = versionOf(before.account);
      done(await changeAccountAs(deps, by, { accountId, changes, version }), { pointerTo: pointerIn(body) });
      return { status: 200, body: (await readAccount(deps, accountId)).body, tagged: true };
    },
  }),
  operation({
    id: 'deleteAccount',
    method: 'DELETE',
    path: '/accounts/:accountId',
    needs: 'accounts:delete',
    tag: 'Accounts',
    summary: 'Delete an account at once',
    description: 'With all that belongs to it. Its owner is told by mail.',
    ifMatch: 'required',
    params: accountParams,
    success: { status: 204, description: 'It is gone.' },
    run: async ({ by, params: { accountId }, condition }) => {
      const before = await readAccount(deps, accountId);
      requireMatch(condition, before.body);
      done(await deleteAccountAs(deps, by, { accountId, version: versionOf(before.account) }));
      return { status: 204 };
    },
  }),
];
