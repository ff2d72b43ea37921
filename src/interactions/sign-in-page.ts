// E-mail or username, and password.
import type Koa from 'koa';
import { z } from 'zod';
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import { authenticate } from '../accounts/authenticate.ts';
import { tellOfAlarms } from '../accounts/guessing/tell-of-alarms.ts';
import { epochSeconds } from '../clock.ts';
import { RESET_PATH } from '../credentials/links.ts';
import { knownDeviceOf } from '../devices/known-device.ts';
import { networkOf } from '../http/client-address.ts';
import { sourceOf } from '../http/request-source.ts';
import { isOpen } from '../registrations/policy.ts';
import { afterPassword } from './after-password.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { asksToBeKept, keepBox } from './keep-me-signed-in.ts';
import { addressOf, buttonForm, proceed, readStep, redirectToDispatch, type Step, showStep } from './page.ts';
import { storeStage } from './sign-in-stage.ts';
import { recordAnswer } from './traces/step-events.ts';
import { type Trouble, troubleLocals } from './trouble.ts';

const form = z.object({
  csrf: z.string().optional(),
  identifier: z.string().max(320).optional(),
  password: z.string().max(4096),
  keep: z.string().max(16).optional(),
});

interface Shown {
  readonly signIn: SignIn;
  /** Set where a person who is signed in has to prove it again. */
  readonly account?: Account | undefined;
  readonly identifier?: string;
  readonly keep?: boolean;
  readonly trouble?: Trouble;
  /** The app asked for a new account, and nobody can make one. */
  readonly closed?: boolean;
}

export async function showSignIn(deps: InteractionDeps, ctx: Koa.Context, shown: Shown): Promise<void> {
  const { signIn, account } = shown;
  await showStep(deps, ctx, {
    view: 'sign-in',
    title: 'sign_in.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'sign-in'),
      identifier: shown.identifier ?? hint(signIn),
      keep: await keepBox(deps, { signIn, typed: shown.keep, isSameAccount: account !== undefined }),
      ...troubleLocals(ctx, shown.trouble),
      createAction: account === undefined && isOpen(deps.config) ? addressOf(signIn, 'create-account') : undefined,
      closed: shown.closed,
      reauthenticate: account === undefined ? undefined : { label: account.email },
      forgotHref: forgotAddress(ctx, signIn),
    },
  });
}

export const submitSignIn =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { identifier: typed = '', password, ...more } = await readStep(deps, ctx, { signIn, form });
    if (!asksForPassword(signIn)) return redirectToDispatch(ctx, signIn);
    const keep = asksToBeKept(deps, more.keep);
    const account = await accountToConfirm(deps, signIn);
    const identifier = account?.email ?? typed;
    const network = networkOf(ctx.state['clientAddress']);
    const passwordAt = epochSeconds(deps.clock.now());
    const knownDevice = await knownDeviceOf(deps, { identifier, token: signIn.deviceToken });
    const credentials = { identifier, password, network, knownDevice };
    const answer = await authenticate({ ...deps, limits: deps.config.limits }, credentials);
    const again = (trouble: Trouble) => showSignIn(deps, ctx, { signIn, account, identifier: typed, keep, trouble });
    await recordAnswer(deps, ctx, { signIn, answer });
    switch (answer.outcome) {
      case 'authenticated': {
        const { account, alarmStands: alarm } = answer;
        await storeStage(
          signIn.interaction,
          await afterPassword(deps, ctx, { signIn, account, passwordAt, keep, alarm }),
        );
        // A change of the password ends every sign-in that is stored; one that was just being stored ends here.
        if (!(await answer.isStillRight())) return proceed(ctx, signIn, { stage: 'another-account' });
        return redirectToDispatch(ctx, signIn);
      }
      case 'wrong_credentials':
        deps.log.info({ event: 'sign_in.failed', reason: answer.outcome, clientId: signIn.client.clientId });
        await tellOfAlarms(deps, { ...answer, network, source: sourceOf(ctx) });
        return again({ status: 400, summary: 'sign_in.wrong_credentials', field: 'password' });
      case 'not_active':
        deps.log.info({ event: 'sign_in.failed', reason: answer.outcome, clientId: signIn.client.clientId });
        return again({ status: 403, summary: 'sign_in.not_active' });
      case 'being_deleted':
        deps.log.info({ event: 'sign_in.failed', reason: answer.outcome, clientId: signIn.client.clientId });
        return again({ status: 403, summary: 'deletion.sign_in' });
      case 'too_many_attempts':
        deps.log.warn({ event: 'sign_in.limited', clientId: signIn.client.clientId });
        return again({ ...answer, status: 429, summary: 'sign_in.too_many_attempts' });
    }
  };

/** "Not you?": what was proved for one account does not count for another. */
export const submitAnotherAccount =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    await readStep(deps, ctx, { signIn, form: buttonForm });
    return proceed(ctx, signIn, { stage: 'another-account' });
  };

/** Where this sign-in is come back to with a new password, in the language of its pages. */
function forgotAddress(ctx: Koa.Context, { uid, client }: SignIn): string {
  const locales = ctx.state.uiLocales;
  const asked = typeof locales === 'string' ? { ui_locales: locales } : {};
  return `${RESET_PATH}?${new URLSearchParams({ interaction: uid, client: client.clientId, ...asked })}`;
}

const asksForPassword = (signIn: SignIn): boolean =>
  ['start', 'another-account', 'sign-up'].includes(signIn.stage.stage);

/**
 * The account that is signed in already and has to prove it again. Nobody where the person has said that they are
 * somebody else, or where the app has (it names another account).
 */
export async function accountToConfirm({ db }: InteractionDeps, signIn: SignIn): Promise<Account | undefined> {
  const { stage, sessionAccountId, interaction } = signIn;
  if (stage.stage !== 'start' || interaction.prompt.reasons.includes('somebody_else')) return undefined;
  const account = sessionAccountId === undefined ? undefined : await findAccount(db, sessionAccountId);
  return account !== undefined && isUsable(account) ? account : undefined;
}

/** The app may say who it expects (OpenID Connect Core section 3.1.2.1, login_hint). */
const hint = (signIn: SignIn): string => {
  const loginHint = signIn.params['login_hint'];
  return typeof loginHint === 'string' && loginHint.length <= 320 ? loginHint : '';
};
