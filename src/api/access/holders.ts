// Who has a role or a permission, and why: people a page at a time, and with each page the services.
import { z } from 'zod';
import { clientsThatHave, type Sought, whoHas } from '../../roles/who-has.ts';
import type { ApiDeps } from '../deps.ts';
import { page, pageOf } from '../pages.ts';
import { holderSchema, shownHolder } from './schemas.ts';

const service = z
  .object({
    client_id: z.string(),
    path: z
      .array(z.string())
      .describe('From the role that it was given, here or by its file, to the one that is sought.'),
  })
  .meta({ id: 'ServiceHolder' });

export const holdersSchema = pageOf(holderSchema).extend({
  clients: z.array(service).describe('All of them, on every page.'),
});

export async function holdersPage(
  deps: ApiDeps,
  sought: Sought,
  { path, query }: { path: string; query: { cursor?: string | undefined; limit: number } },
) {
  const { holders, next } = await whoHas(deps, sought, { after: query.cursor, limit: query.limit });
  const services = await clientsThatHave(deps.db, sought, deps.clients().values());
  const answer = page(path, query, { items: holders.map(shownHolder), next });
  const clients = services.map(({ clientId, path: through }) => ({ client_id: clientId, path: through }));
  return { ...answer, body: { ...(answer.body as object), clients } };
}
