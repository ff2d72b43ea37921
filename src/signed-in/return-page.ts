// Where the sign-in sends the browser back to: on to the page that was asked for, or what to do when it did not work.
import { renderPage, textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import type { Handler, RouteContext } from '../http/route.ts';
import type { MessageKey } from '../texts/messages.ts';
import { type ReturnNote, readReturnNote } from './authorization-request.ts';
import { isBrought } from './demand.ts';
import type { SignedInDeps } from './deps.ts';
import { backTo } from './form.ts';
import { ACCOUNT_PATH } from './paths.ts';
import { whoIsSignedIn } from './signed-in.ts';

/** For a state that is not ours: nothing was asked for. */
const NOWHERE: ReturnNote = { path: ACCOUNT_PATH, form: false, asked: { secondFactor: false } };

/**
 * The browser's session speaks for itself, whatever stands in the address. Who has not brought what was asked for is told
 * so: sent on, they would be asked again without end.
 */
export const returnFromSignIn =
  (deps: SignedInDeps): Handler =>
  async (ctx) => {
    const note = readReturnNote(deps, ctx.query['state']) ?? NOWHERE;
    const me = await whoIsSignedIn(deps, ctx);
    const worked = ctx.query['error'] === undefined && me !== undefined && isBrought(deps, me, note.asked);
    if (!worked) return showNotSignedIn(deps, ctx, note);
    backTo(ctx, note.path, note.form ? 'account.notice.form_again' : undefined);
  };

async function showNotSignedIn({ config }: SignedInDeps, ctx: RouteContext, { path }: ReturnNote): Promise<void> {
  ctx.status = 403;
  ctx.state.pageAddress = ACCOUNT_PATH;
  await renderPage(ctx, 'account/not-signed-in', {
    title: textsFor(ctx)('account.not_signed_in.title'),
    lead: textsFor(ctx)(sentenceFor(ctx.query['error']), { product: config.name }),
    again: path,
    reference: referenceOf(ctx),
  });
}

/** By the codes of OpenID Connect Core section 3.1.2.6; nothing of what stands in the address is shown. */
function sentenceFor(error: unknown): MessageKey {
  if (error === 'access_denied') return 'account.not_signed_in.cancelled';
  if (error === 'unmet_authentication_requirements') return 'account.not_signed_in.too_weak';
  return 'account.not_signed_in.failed';
}
