// Accounts: find, read, make, change, delete.
import { z } from 'zod';
import { findAccount } from '../../accounts/accounts.ts';
import { findProfile } from '../../profiles/profiles.ts';
import type { ApiDeps } from '../deps.ts';
import { accountId, found } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { accountSchema, whole } from './schemas.ts';

export const accountParams = z.object({ accountId });

export const accountOperations = (deps: ApiDeps): readonly Operation[] => [
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
];

/** @throws Refusal 404 */
export async function readAccount({ db }: Pick<ApiDeps, 'db'>, id: string) {
  const account = found(await findAccount(db, id));
  return { account, body: whole(account, await findProfile(db, id)) };
}
