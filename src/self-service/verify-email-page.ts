// `/verify-email?token=`: the link of a sign-up. Its button confirms; in another browser it asks for a new password.
import type Koa from 'koa';
import { z } from 'zod';
import { sayFlaw } from '../accounts/say-flaw.ts';
import { networkOf } from '../http/client-address.ts';
import { signUpSecretOf } from '../http/cookies/sign-up-secret.ts';
import { tellToWait } from '../http/form.ts';
import { textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import { findInteraction } from '../protocol-store/interaction-rows.ts';
import { wayBack } from '../provider/headings.ts';
import { type ConfirmationLink, confirmByLink, openConfirmationLink } from '../registrations/confirm-by-link.ts';
import { interactionOf, type Registration } from '../registrations/registration.ts';
import { VERIFY_EMAIL_PATH } from '../registrations/send-proofs.ts';
import type { Texts } from '../texts/messages.ts';
import type { SelfServiceDeps } from './deps.ts';
import { linkForm, type Onward, readLinkForm, showDone, showLinkPage, showVoidLink, tokenInAddress } from './page.ts';

const form = linkForm.extend({
  /** For password managers. */
  email: z.string().max(320).optional(),
  password: z.string().max(4096).default(''),
  username: z.string().max(128).optional(),
});

interface Shown {
  readonly link: ConfirmationLink;
  readonly token: string;
  readonly errors?: readonly { readonly field: 'password' | 'username'; readonly message: string }[];
  readonly username?: string | undefined;
  readonly retryAfterSeconds?: number;
}

export const showVerifyEmail =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const token = tokenInAddress(ctx);
    const link = await openConfirmationLink(deps, { token, binding: signUpSecretOf(ctx) });
    if (link === undefined) return showVoidLink(ctx, { message: 'verify_link.void' });
    const { state } = link.registration;
    if (state === 'waiting' || state === 'proved') return showForm(deps, ctx, { link, token });
    return showSettled(deps, ctx, link);
  };

async function showForm(deps: SelfServiceDeps, ctx: Koa.Context, shown: Shown): Promise<void> {
  const { link, token, errors = [], retryAfterSeconds } = shown;
  const t = textsFor(ctx);
  if (errors.length > 0) ctx.status = 400;
  tellToWait(ctx, retryAfterSeconds);
  const { registration, here } = link;
  const asksForUsername = shown.username !== undefined || registration.state === 'proved';
  await showLinkPage(deps, ctx, {
    view: 'verify-email',
    title: 'verify_link.title',
    path: VERIFY_EMAIL_PATH,
    token,
    locals: {
      email: registration.email.address,
      here,
      username: asksForUsername ? (shown.username ?? registration.username ?? '') : undefined,
      rule: t('sign_up.password_rule', { least: String(deps.rules.minLength) }),
      errors,
      problem: summaryOf(t, errors.length > 0, retryAfterSeconds),
      retryAfterSeconds,
    },
  });
}

const summaryOf = (t: Texts, isWrong: boolean, retryAfterSeconds: number | undefined) => {
  if (retryAfterSeconds !== undefined) return { summary: t('sign_up.too_many') };
  return isWrong ? { summary: t('sign_up.problems') } : undefined;
};

export const submitVerifyEmail =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const { token, password, username } = await readLinkForm(deps, ctx, form);
    const link = await openConfirmationLink(deps, { token, binding: signUpSecretOf(ctx) });
    if (link === undefined) return showVoidLink(ctx, { message: 'verify_link.void' });
    const network = networkOf(ctx.state['clientAddress']);
    const used = { link, password, username, network, source: sourceOf(ctx) };
    const confirmation = await confirmByLink(deps, used);
    const t = textsFor(ctx);
    const wrongName = (message: string) => {
      const typed = username ?? link.registration.username ?? '';
      return showForm(deps, ctx, { link, token, username: typed, errors: [{ field: 'username', message }] });
    };
    switch (confirmation.outcome) {
      case 'confirmed':
        deps.log.info({ event: 'sign_up.confirmed', here: link.here });
        return goOn(deps, ctx, link);
      case 'weak_password': {
        const errors = confirmation.flaws.map((flaw) => ({ field: 'password' as const, message: sayFlaw(t, flaw) }));
        return showForm(deps, ctx, { link, token, username, errors });
      }
      case 'username_taken':
        return wrongName(t('sign_up.username_taken'));
      case 'username_unusable':
        return wrongName(t('sign_up.username_wrong'));
      case 'too_many_attempts':
        deps.log.warn({ event: 'sign_up.limited', clientId: link.registration.clientId });
        return showForm(deps, ctx, { link, token, username, ...confirmation });
      case 'email_taken':
        return showSettled(deps, ctx, { ...link, registration: { ...link.registration, state: 'overtaken' } });
      case 'wrong_code':
      case 'code_void':
      case 'over':
        return showVoidLink(ctx, { message: 'verify_link.void' });
    }
  };

/** In the browser that signed up, back into the sign-in where there still is one; that is who decides whether it goes on. */
async function goOn(deps: SelfServiceDeps, ctx: Koa.Context, link: ConfirmationLink): Promise<void> {
  const { registration, here } = link;
  const uid = here ? await openInteraction(deps, registration) : undefined;
  if (uid === undefined) return showSettled(deps, ctx, link);
  ctx.redirect(`/interaction/${uid}?${new URLSearchParams({ client: registration.clientId })}`);
  ctx.status = 303;
}

async function openInteraction(deps: SelfServiceDeps, registration: Registration): Promise<string | undefined> {
  const uid = interactionOf(deps, registration);
  const interaction = await findInteraction(deps, uid);
  const isOpen = Number(interaction?.['exp'] ?? 0) * 1000 > deps.clock.now().getTime();
  return isOpen ? uid : undefined;
}

async function showSettled(deps: SelfServiceDeps, ctx: Koa.Context, link: ConfirmationLink): Promise<void> {
  const { registration, here } = link;
  const values = { email: registration.email.address };
  const onward = backToApp(deps, ctx, registration.clientId);
  if (registration.state === 'overtaken') {
    return showDone(ctx, { title: 'verify_link.overtaken', message: 'verify_link.overtaken_lead', values, onward });
  }
  const elsewhere = registration.elsewhere || !here;
  const message = elsewhere ? 'verify_link.done_elsewhere' : 'verify_link.done_here';
  return showDone(ctx, { title: 'verify_link.done', message, values, onward });
}

function backToApp({ clients }: SelfServiceDeps, ctx: Koa.Context, clientId: string): Onward | undefined {
  const back = wayBack(clients().get(clientId));
  return back && { href: back.href, label: textsFor(ctx)('back.app', { app: back.app }) };
}
