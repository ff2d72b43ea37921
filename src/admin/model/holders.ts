// Who has a role or a permission, and why: a page of them, as pages show it.
import type Koa from 'koa';
import { isAccountId } from '../../crypto/identifiers.ts';
import { textsFor } from '../../http/page.ts';
import { type Sought, type Way, whoHas } from '../../roles/who-has.ts';
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
  return {
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
