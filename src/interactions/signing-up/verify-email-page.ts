// The proof of the address: a code that is typed here, or the link of the mail; and what became of it meanwhile.
import type Koa from 'koa';
import { z } from 'zod';
import { epochSeconds } from '../../clock.ts';
import { networkOf } from '../../http/client-address.ts';
import { textsFor } from '../../http/page.ts';
import { sourceOf } from '../../http/request-source.ts';
import {
  type Confirmation,
  confirmByCode,
  confirmWithUsername,
  takeUpAccount,
} from '../../registrations/confirm-registration.ts';
import type { Registration } from '../../registrations/registration.ts';
import { findRegistration } from '../../registrations/registrations.ts';
import { resendProofs } from '../../registrations/send-proofs.ts';
import type { MessageKey } from '../../texts/messages.ts';
import { afterPassword } from '../after-password.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { addressOf, buttonForm, proceed, readStep, redirectToDispatch, type Step, showStep } from '../page.ts';
import { type Trouble, troubleLocals } from '../trouble.ts';
import { showChooseUsername } from './username-page.ts';

const codeForm = z.object({ csrf: z.string().optional(), code: z.string().max(64) });
const usernameForm = z.object({ csrf: z.string().optional(), username: z.string().max(128) });

interface Shown {
  readonly signIn: SignIn;
  readonly registration: Registration;
  readonly trouble?: Trouble;
  readonly notice?: MessageKey;
}

/** What has happened to the registration decides: it may have been settled by the link, in this browser or in another. */
export async function verifyEmail(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, registrationId }: { signIn: SignIn; registrationId: string },
): Promise<void> {
  const registration = await findRegistration(deps, registrationId);
  if (registration === undefined) return proceed(ctx, signIn, { stage: 'sign-up' });
  switch (registration.state) {
    case 'waiting':
      return showCodeForm(deps, ctx, { signIn, registration });
    case 'proved':
      return showChooseUsername(deps, ctx, { signIn, username: registration.username });
    case 'confirmed':
      return goOn(deps, ctx, { signIn, registration });
    case 'finished':
    case 'overtaken':
      return showSettled(deps, ctx, { signIn, registration });
  }
}

async function showCodeForm(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, registration, trouble, notice }: Shown,
): Promise<void> {
  await showStep(deps, ctx, {
    view: 'verify-email',
    title: 'verify_email.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'verify-email'),
      resendAction: addressOf(signIn, 'new-code'),
      changeAction: addressOf(signIn, 'create-account'),
      email: registration.email.address,
      notice: notice && textsFor(ctx)(notice),
      ...troubleLocals(ctx, trouble),
    },
  });
}

/** The account is there: the sign-in goes on with it, as after a password. Once; a second tab is asked to sign in. */
async function goOn(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, registration }: { signIn: SignIn; registration: Registration },
): Promise<void> {
  const account = registration.elsewhere ? undefined : await takeUpAccount(deps, registration.id);
  if (account === undefined) return showSettled(deps, ctx, { signIn, registration });
  const passwordAt = epochSeconds(registration.settledAt ?? deps.clock.now());
  deps.log.info({ event: 'sign_up.finished', accountId: account.id, clientId: signIn.client.clientId });
  const proved = { passwordAt, keep: false, addressProved: true };
  return proceed(ctx, signIn, await afterPassword(deps, ctx, { signIn, account, ...proved }));
}

/** Nothing to do here any more but to sign in. */
async function showSettled(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, registration }: { signIn: SignIn; registration: Registration },
): Promise<void> {
  const overtaken = registration.state === 'overtaken';
  await showStep(deps, ctx, {
    view: 'address-settled',
    title: overtaken ? 'verify_email.overtaken' : 'verify_email.settled',
    signIn,
    locals: {
      action: addressOf(signIn, 'another-account'),
      email: registration.email.address,
      overtaken,
      elsewhere: registration.elsewhere,
    },
  });
}

export const submitCode =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { code } = await readStep(deps, ctx, { signIn, form: codeForm });
    const { stage } = signIn;
    if (stage.stage !== 'verify-email') return redirectToDispatch(ctx, signIn);
    const { registrationId } = stage;
    const confirmation = await confirmByCode(deps, { registrationId, code, source: sourceOf(ctx) });
    return answer(deps, ctx, { signIn, registrationId, confirmation });
  };

export const submitUsername =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { username } = await readStep(deps, ctx, { signIn, form: usernameForm });
    const { stage } = signIn;
    if (stage.stage !== 'verify-email') return redirectToDispatch(ctx, signIn);
    const { registrationId } = stage;
    const network = networkOf(ctx.state['clientAddress']);
    const confirmation = await confirmWithUsername(deps, { registrationId, username, network, source: sourceOf(ctx) });
    if (confirmation.outcome === 'too_many_attempts') {
      const { retryAfterSeconds } = confirmation;
      deps.log.warn({ event: 'sign_up.limited', clientId: signIn.client.clientId });
      return showChooseUsername(deps, ctx, { signIn, username, retryAfterSeconds });
    }
    const problem = confirmation.outcome === 'username_taken' ? 'taken' : 'unusable';
    if (confirmation.outcome === 'username_taken' || confirmation.outcome === 'username_unusable') {
      return showChooseUsername(deps, ctx, { signIn, username, problem });
    }
    return answer(deps, ctx, { signIn, registrationId, confirmation });
  };

async function answer(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, registrationId, confirmation }: { signIn: SignIn; registrationId: string; confirmation: Confirmation },
): Promise<void> {
  const again = async (summary: MessageKey) => {
    const registration = await findRegistration(deps, registrationId);
    if (registration?.state !== 'waiting') return redirectToDispatch(ctx, signIn);
    return showCodeForm(deps, ctx, { signIn, registration, trouble: { status: 400, summary, field: 'code' } });
  };
  switch (confirmation.outcome) {
    case 'wrong_code':
      return again('verify_email.wrong_code');
    case 'code_void':
      return again('verify_email.code_void');
    case 'over':
      return proceed(ctx, signIn, { stage: 'sign-up' });
    case 'confirmed':
    case 'username_taken':
    case 'username_unusable':
    case 'email_taken':
      return redirectToDispatch(ctx, signIn);
  }
}

export const submitNewCode =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    await readStep(deps, ctx, { signIn, form: buttonForm });
    const { stage } = signIn;
    if (stage.stage !== 'verify-email') return redirectToDispatch(ctx, signIn);
    const { registrationId } = stage;
    const network = networkOf(ctx.state['clientAddress']);
    const resending = await resendProofs(deps, { registrationId, app: signIn.client.clientName, network });
    const registration = await findRegistration(deps, registrationId);
    if (registration?.state !== 'waiting') return redirectToDispatch(ctx, signIn);
    const show = (more: Pick<Shown, 'trouble' | 'notice'>) =>
      showCodeForm(deps, ctx, { signIn, registration, ...more });
    switch (resending.outcome) {
      case 'sent':
        return show({ notice: 'verify_email.sent_again' });
      case 'no_more':
        return show({ trouble: { status: 429, summary: 'verify_email.no_more' } });
      case 'too_many_attempts':
        return show({ trouble: { ...resending, status: 429, summary: 'verify_email.too_many' } });
    }
  };
