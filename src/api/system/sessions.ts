// Who is signed in, over all accounts.
import { z } from 'zod';
import { isSessionPlace, recentSessions } from '../../sessions/recent-sessions.ts';
import type { ApiDeps } from '../deps.ts';
import { moment } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { page, pageFields, pageOf } from '../pages.ts';
import { foreignCursor } from '../read-request.ts';

const recent = z
  .object({
    id: z.string().describe('For /accounts/{accountId}/sessions/{session}.'),
    account_id: z.string(),
    email: z.string(),
    user_agent: z.string(),
    address: z.string(),
    since: moment,
    last_seen_at: moment,
  })
  .meta({ id: 'RecentSession' });

export const recentSessionOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listSessions',
    method: 'GET',
    path: '/sessions',
    needs: 'sessions:read',
    tag: 'Sessions',
    summary: 'Who is signed in, last used first',
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of sessions.', schema: pageOf(recent) },
    run: async ({ query }) => {
      if (query.cursor !== undefined && !isSessionPlace(query.cursor)) throw foreignCursor();
      const { sessions, older } = await recentSessions(deps, { limit: query.limit, before: query.cursor });
      const items = sessions.map(({ handle, accountId, email, userAgent, address, since, lastSeenAt }) => ({
        id: handle,
        account_id: accountId,
        email,
        user_agent: userAgent,
        address,
        since: since.toISOString(),
        last_seen_at: lastSeenAt.toISOString(),
      }));
      return page('/sessions', query, { items, next: older });
    },
  }),
];
