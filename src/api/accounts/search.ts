// Finds accounts, a page at a time.
import { z } from 'zod';
import { ACCOUNT_STATUSES } from '../../accounts/account.ts';
import { readAccountCursor } from '../../administration/account-search/cursor.ts';
import { ACCOUNT_SORTS } from '../../administration/account-search/orders.ts';
import { SEARCH_BOUNDS, searchAccounts } from '../../administration/search-accounts.ts';
import type { ApiDeps } from '../deps.ts';
import { name } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { page, pageFields, pageOf } from '../pages.ts';
import { foreignCursor } from '../read-request.ts';
import { listed, listedAccount } from './schemas.ts';

const query = z.strictObject({
  q: z.string().max(254).optional().describe('The beginning of an address, a username or a name, or a whole id.'),
  status: z.enum(ACCOUNT_STATUSES).optional(),
  role: name.optional().describe('Who has it, however.'),
  group: name.optional(),
  sort: z.enum(ACCOUNT_SORTS).default('newest'),
  ...pageFields,
});

const [WALKED, WALKED_ELSEWHERE] = [SEARCH_BOUNDS.walked, SEARCH_BOUNDS.walkedElsewhere].map((count) =>
  count.toLocaleString('en'),
);

export const searchOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listAccounts',
    method: 'GET',
    path: '/accounts',
    needs: 'accounts:read',
    tag: 'Accounts',
    summary: 'Find accounts',
    description: `Always in the order of sort. Where the filters fit too many accounts to sort them, the order is gone through, up to ${WALKED} accounts for a page (${WALKED_ELSEWHERE} with role or group): such a page has fewer items than limit, or none, and a next that goes on after the last account looked at. The list ends where next is null.`,
    query,
    success: { status: 200, description: 'A page of them.', schema: pageOf(listedAccount) },
    run: async ({ query: { cursor, ...asked } }) => {
      const after = cursor === undefined ? undefined : readAccountCursor(cursor);
      if (cursor !== undefined && after?.by !== asked.sort) throw foreignCursor();
      const { accounts, next } = await searchAccounts(deps, { ...asked, after });
      return page('/accounts', asked, { items: accounts.map(listed), next });
    },
  }),
];
