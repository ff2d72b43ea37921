// "Forgot your password?": who it is for, and that a mail is on its way. The same for everybody who is named.
import type Koa from 'koa';
import { z } from 'zod';
import { RESET_PATH } from '../credentials/links.ts';
import { requestPasswordReset } from '../credentials/request-password-reset.ts';
import { networkOf } from '../http/client-address.ts';
import { deviceTokenOf } from '../http/device-cookie.ts';
import { readForm, tellToWait } from '../http/form.ts';
import { languageOf } from '../http/language.ts';
import { renderPage, textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import { clientHeading } from '../provider/headings.ts';
import type { SelfServiceDeps } from './deps.ts';
import { addressOfSignIn, beginWayBack, readWayBack, type WayBack } from './way-back.ts';

const form = z.object({ csrf: z.string().optional(), identifier: z.string().max(320) });

export const REQUEST_PATH = `${RESET_PATH}/request`;
export const SENT_PATH = `${RESET_PATH}/sent`;

export async function showForgotPassword(
  deps: SelfServiceDeps,
  ctx: Koa.Context,
  retryAfterSeconds?: number,
): Promise<void> {
  const way = beginWayBack(deps, ctx);
  ctx.state.pageAddress = RESET_PATH;
  tellToWait(ctx, retryAfterSeconds);
  const t = textsFor(ctx);
  await renderPage(ctx, 'self-service/forgot-password', {
    title: t('forgot.title'),
    action: REQUEST_PATH,
    csrf: deps.csrf.token(binding(way)),
    problem: retryAfterSeconds === undefined ? undefined : { summary: t('forgot.too_many') },
    retryAfterSeconds,
    ...wayOnPage(deps, way),
  });
}

export const submitForgotPassword =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const way = readWayBack(deps, ctx);
    const { csrf, identifier } = await readForm(ctx, form);
    deps.csrf.check(ctx, binding(way), csrf);
    const source = sourceOf(ctx);
    const network = networkOf(ctx.state.clientAddress);
    const clientId = way?.signIn?.clientId;
    const deviceToken = deviceTokenOf(ctx);
    const asked = { identifier, source, network, clientId, deviceToken, language: languageOf(ctx) };
    const answer = await requestPasswordReset(deps, { ...asked, language: languageOf(ctx) });
    if (answer.outcome === 'too_many_attempts') return showForgotPassword(deps, ctx, answer.retryAfterSeconds);
    ctx.redirect(SENT_PATH);
    ctx.status = 303;
  };

/** A page of its own, so that looking at it again sends nothing. It does not know who was named. */
export const showResetSent =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    await renderPage(ctx, 'self-service/reset-sent', {
      title: textsFor(ctx)('forgot.sent.title'),
      again: RESET_PATH,
      ...wayOnPage(deps, readWayBack(deps, ctx)),
    });
  };

/** Whose app waits, and the way back to its sign-in. */
function wayOnPage({ clients }: SelfServiceDeps, way: WayBack | undefined) {
  const client = way?.signIn === undefined ? undefined : clients().get(way.signIn.clientId);
  if (way?.signIn === undefined || client === undefined) return {};
  return { client: clientHeading(client), signInHref: addressOfSignIn(way.signIn) };
}

/** Whoever has no cookie has seen no form. */
const binding = (way: WayBack | undefined): string => `forgot:${way?.id ?? 'nobody'}`;
