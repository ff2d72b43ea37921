// For whoever is signed in and has no business at a page of the console.
import type Koa from 'koa';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import { renderPage, textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { SignedIn } from '../signed-in/signed-in.ts';
import type { AdminDeps } from './deps.ts';
import { ADMIN_PATH } from './navigation.ts';

/** Who administers something is told what is missing; anybody else learns no more than that it is not for them. */
export async function showForbidden(
  deps: AdminDeps,
  ctx: Koa.Context,
  { me, may, needs }: { me: SignedIn; may: ReadonlySet<ProductPermission>; needs: string },
): Promise<void> {
  deps.log.warn({ event: 'administration.refused', accountId: me.account.id, needs, path: ctx.path });
  ctx.status = 403;
  ctx.state.pageAddress = ACCOUNT_PATH;
  await renderPage(ctx, 'admin/forbidden', {
    title: textsFor(ctx)('admin.forbidden.title'),
    needs: may.size > 0 ? needs : undefined,
    back: may.size > 0 ? ADMIN_PATH : ACCOUNT_PATH,
    reference: referenceOf(ctx),
  });
}
