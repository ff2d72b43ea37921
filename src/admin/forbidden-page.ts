// For whoever is signed in and has no business at a page of the console, or may change what it shows without seeing it.
import type Koa from 'koa';
import { type RefusedEntry, recordRefusedEntry } from '../administration/refused-entry.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import { renderPage, textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { AdminDeps } from './deps.ts';
import type { AtConsole } from './in-console.ts';
import { ADMIN_PATH } from './navigation.ts';
import type { Trouble } from './not-done.ts';

/** Who administers something is told what is missing; anybody else learns no more than that it is not for them. */
export async function showForbidden(
  deps: AdminDeps,
  ctx: Koa.Context,
  { by, may, needs }: Pick<AtConsole, 'by' | 'may'> & { needs: RefusedEntry['needs'] },
): Promise<void> {
  deps.log.warn({ event: 'administration.refused', accountId: by.accountId, needs, path: ctx.path });
  await recordRefusedEntry(deps, { by, needs });
  ctx.status = 403;
  ctx.state.pageAddress = ACCOUNT_PATH;
  await renderPage(ctx, 'admin/forbidden', {
    title: textsFor(ctx)('admin.forbidden.title'),
    needs: may.size > 0 ? needs : undefined,
    back: may.size > 0 ? ADMIN_PATH : ACCOUNT_PATH,
    reference: referenceOf(ctx),
  });
}

/**
 * For a refused change of what one may not look at: why, and nothing of the page that else would say it. Undefined where
 * the page itself is for them.
 */
export function onlyTheRefusal(
  ctx: Koa.Context,
  { admin, sees, trouble }: { admin: AtConsole; sees: ProductPermission; trouble: Trouble | undefined },
): Promise<void> | undefined {
  if (trouble === undefined || admin.may.has(sees)) return undefined;
  ctx.status = trouble.status;
  ctx.state.pageAddress = ADMIN_PATH;
  return renderPage(ctx, 'admin/forbidden', {
    title: textsFor(ctx)('admin.refused.title'),
    said: trouble.problem.summary,
    back: ADMIN_PATH,
    reference: referenceOf(ctx),
  });
}
