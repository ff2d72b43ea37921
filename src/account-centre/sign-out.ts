// Ends the session of this browser, here and at all apps.
import { z } from 'zod';
import { recordEvent } from '../audit/audit-log.ts';
import { ACCOUNT_CENTRE_ID } from '../clients/live/built-in.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import { forgetSessionCookie } from '../provider/browser-session.ts';
import { ENDPOINTS } from '../provider/paths.ts';
import { endSession } from '../sessions/end-session.ts';
import { readAccountForm, seeOther } from '../signed-in/form.ts';
import { whoIsSignedIn } from '../signed-in/signed-in.ts';
import type { AccountDeps } from './deps.ts';

const form = z.object({ csrf: z.string().optional() });

const SIGNED_OUT = `${ENDPOINTS.end_session}/success?client_id=${ACCOUNT_CENTRE_ID}`;

/** Who is signed out already is where they want to be. */
export const submitSignOut =
  (deps: AccountDeps): Handler =>
  async (ctx) => {
    const me = await whoIsSignedIn(deps, ctx);
    if (me === undefined) return seeOther(ctx, SIGNED_OUT);
    await readAccountForm(deps, ctx, { me, form });
    const ending = { accountId: me.account.id, source: sourceOf(ctx), details: { reason: 'signed_out' } };
    await endSession(deps, me.session.uid, {
      alongside: (inside) => recordEvent(inside, { event: 'session.ended', ...ending }),
    });
    forgetSessionCookie(deps.config, ctx);
    deps.log.info({ event: 'account.signed_out', accountId: me.account.id });
    seeOther(ctx, SIGNED_OUT);
  };
