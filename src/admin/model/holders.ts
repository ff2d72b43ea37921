// Who has a role or a permission, and why, as pages show it: people a page at a time, and the services.
import type Koa from 'koa';
import { isAccountId } from '../../crypto/identifiers.ts';
import { textsFor } from '../../http/page.ts';
import { clientsThatHave, type Sought, type Way, whoHas } from '../../roles/who-has.ts';
import type { Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import type { AtConsole } from '../in-console.ts';
import { pagerOf, placeIn } from '../pager.ts';
import { accountPath } from './paths.ts';

const PAGE_HOLDERS = 25;

/** `path` is the page that they stand on, without its query; `words` is what else its query says. */
export async function holdersShown(
  deps: AdminDeps,
  ctx: Koa.Context,
  {
    admin,
    sought,
    path,
    words = {},
  }: { admin: AtConsole; sought: Sought; path: string; words?: Readonly<Record<string, string>> },
) {
  const t = textsFor(ctx);
  const after = placeIn(ctx, 'after', isAccountId);
  const { holders, next } = await whoHas(deps, sought, { after, limit: PAGE_HOLDERS });
  const services = await clientsThatHave(deps.db, sought, deps.clients().values());
  return {
    serviceHolders: [...Map.groupBy(services, ({ clientId }) => clientId)].map(([clientId, ways]) => ({
      name: deps.clients().get(clientId)?.clientName ?? clientId,
      why: ways.map(({ path: through }) => whyShown(t, { group: undefined, path: through, expiresAt: undefined })),
    })),
    holders: holders.map(({ accountId, email, name, status, ways }) => ({
      href: admin.may.has('accounts:read') ? accountPath(accountId) : undefined,
      email,
      name,
      isBanned: status === 'banned',
      why: ways.map((way) => whyShown(t, way)),
    })),
    holdersPager: pagerOf(ctx, { path, words, name: 'after', place: after, next, isPlace: isAccountId }),
  };
}

function whyShown(t: Texts, { group, path, expiresAt }: Way): { text: string; until: Date | undefined } {
  const [given = '', ...through] = path;
  const from =
    group === undefined ? t('model.why.direct', { role: given }) : t('model.why.group', { group, role: given });
  const text = through.length === 0 ? from : t('model.why.through', { from, roles: through.join(' → ') });
  return { text, until: expiresAt };
}
