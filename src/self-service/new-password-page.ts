// The link of a reset: a new password, and on to the sign-in, which asks for it like for any other.
import type Koa from 'koa';
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import type { PasswordFlaw } from '../accounts/password-rules.ts';
import { sayFlaw } from '../accounts/say-flaw.ts';
import { RESET_PATH } from '../credentials/links.ts';
import { openResetLink, resetPassword } from '../credentials/reset-password.ts';
import { networkOf } from '../http/client-address.ts';
import { languageOf } from '../http/language.ts';
import { textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import { knownAccount } from '../limits/limits.ts';
import { forgetSignInFailures } from '../limits/sign-in-attempt.ts';
import { wayBack } from '../provider/headings.ts';
import type { SelfServiceDeps } from './deps.ts';
import { showForgotPassword } from './forgot-password-page.ts';
import { linkForm, type Onward, readLinkForm, showDone, showLinkPage, showVoidLink, tokenInAddress } from './page.ts';
import { addressOfSignIn, readWayBack } from './way-back.ts';

const form = linkForm.extend({
  /** For password managers. */
  identifier: z.string().max(320).optional(),
  password: z.string().max(4096),
});

export const DONE_PATH = `${RESET_PATH}/done`;

/** Without a token in the address: where one is asked for. */
export const showReset =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    if (ctx.query['token'] === undefined) return showForgotPassword(deps, ctx);
    const token = tokenInAddress(ctx);
    const link = await openResetLink(deps, token);
    if (link === undefined) return showVoid(ctx);
    return showNewPassword(deps, ctx, { token, account: link.account });
  };

export const submitReset =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const { token, password } = await readLinkForm(deps, ctx, form);
    const given = { token, password, source: sourceOf(ctx), language: languageOf(ctx) };
    const answer = await resetPassword(deps, given);
    switch (answer.outcome) {
      case 'void':
        return showVoid(ctx);
      case 'invalid':
        return showNewPassword(deps, ctx, { token, ...answer });
      case 'reset':
        await forgetSignInFailures(
          { ...deps, limits: deps.config.limits },
          { account: knownAccount(answer.account.id), network: networkOf(ctx.state.clientAddress) },
        );
        deps.log.info({ event: 'password.reset', accountId: answer.account.id });
        ctx.redirect(answer.clientId === undefined ? DONE_PATH : doneFor(answer.clientId));
        ctx.status = 303;
    }
  };

const doneFor = (clientId: string): string => `${DONE_PATH}?${new URLSearchParams({ client: clientId })}`;

/** Back to the sign-in where this browser has one waiting; elsewhere to the app, and without one to the account. */
export const showResetDone =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) =>
    showDone(ctx, { title: 'new_password.done', message: 'new_password.done_lead', onward: onwardFrom(deps, ctx) });

function onwardFrom(deps: SelfServiceDeps, ctx: Koa.Context): Onward {
  const t = textsFor(ctx);
  const signIn = readWayBack(deps, ctx)?.signIn;
  if (signIn !== undefined) return { label: t('new_password.sign_in'), href: addressOfSignIn(signIn) };
  const { client: clientId } = ctx.query;
  const back = wayBack(typeof clientId === 'string' ? deps.clients().get(clientId) : undefined);
  if (back !== undefined) return { label: t('back.app', { app: back.app }), href: back.href };
  return { label: t('new_password.sign_in'), href: '/account' };
}

const showVoid = (ctx: Koa.Context): Promise<void> =>
  showVoidLink(ctx, {
    message: 'new_password.void',
    onward: { label: textsFor(ctx)('new_password.again'), href: RESET_PATH },
  });

async function showNewPassword(
  deps: SelfServiceDeps,
  ctx: Koa.Context,
  { token, account, flaws = [] }: { token: string; account: Account; flaws?: readonly PasswordFlaw[] },
): Promise<void> {
  const t = textsFor(ctx);
  if (flaws.length > 0) ctx.status = 400;
  const message = flaws.map((flaw) => sayFlaw(t, flaw)).join(' ');
  await showLinkPage(deps, ctx, {
    view: 'new-password',
    title: 'new_password.title',
    path: RESET_PATH,
    token,
    locals: {
      identifier: account.email,
      rule: t('new_password.rule', { least: String(deps.rules.minLength) }),
      problem: flaws.length === 0 ? undefined : { summary: t('new_password.refused'), field: 'password', message },
    },
  });
}
