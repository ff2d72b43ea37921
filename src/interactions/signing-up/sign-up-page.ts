// E-mail address, names and password of somebody new. Everything that is wrong is said at once.
import type Koa from 'koa';
import { z } from 'zod';
import { sayFlaw } from '../../accounts/say-flaw.ts';
import { networkOf } from '../../http/client-address.ts';
import { keepSignUpSecret } from '../../http/cookies/sign-up-secret.ts';
import { tellToWait } from '../../http/form.ts';
import { languageOf } from '../../http/language.ts';
import { textsFor } from '../../http/page.ts';
import { signUpClosed } from '../../http/refusals.ts';
import { beginRegistration, type SignUpProblem } from '../../registrations/begin-registration.ts';
import { isOpen } from '../../registrations/policy.ts';
import type { MessageKey, Texts } from '../../texts/messages.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { addressOf, buttonForm, proceed, readStep, redirectToDispatch, type Step, showStep } from '../page.ts';

const form = z.object({
  csrf: z.string().optional(),
  email: z.string().max(640),
  username: z.string().max(128).default(''),
  name: z.string().max(640).default(''),
  password: z.string().max(4096),
  terms: z.string().max(16).optional(),
});

type Typed = Pick<z.infer<typeof form>, 'email' | 'username' | 'name' | 'terms'>;

interface Shown {
  readonly signIn: SignIn;
  readonly typed?: Typed;
  readonly problems?: readonly SignUpProblem[];
  readonly retryAfterSeconds?: number;
}

/** Without the password: that is typed anew. */
export async function showSignUp(deps: InteractionDeps, ctx: Koa.Context, shown: Shown): Promise<void> {
  const { signIn, problems = [], retryAfterSeconds } = shown;
  const { registration, branding } = deps.config;
  const t = textsFor(ctx);
  if (problems.length > 0) ctx.status = 400;
  tellToWait(ctx, retryAfterSeconds);
  const errors = problems.map((problem) => ({ field: NAMES[problem.field], message: sayProblem(t, problem) }));
  await showStep(deps, ctx, {
    view: 'sign-up',
    title: 'sign_up.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'sign-up'),
      signInAction: addressOf(signIn, 'another-account'),
      typed: shown.typed ?? { email: hinted(signIn), username: '', name: '' },
      required: {
        username: registration.requiredFields.includes('username'),
        name: registration.requiredFields.includes('name'),
      },
      termsUrl: registration.termsVersion === undefined ? undefined : branding.termsUrl,
      rule: t('sign_up.password_rule', { least: String(deps.rules.minLength) }),
      problem: summaryOf(t, errors.length > 0, retryAfterSeconds),
      errors,
      retryAfterSeconds,
    },
  });
}

const summaryOf = (t: Texts, isWrong: boolean, retryAfterSeconds: number | undefined) => {
  if (retryAfterSeconds !== undefined) return { summary: t('sign_up.too_many') };
  return isWrong ? { summary: t('sign_up.problems') } : undefined;
};

/** The app may say for whom it is (OpenID Connect Core section 3.1.2.1, login_hint). */
const hinted = ({ params }: SignIn): string => {
  const hint = params['login_hint'];
  return typeof hint === 'string' && hint.length <= 254 && hint.includes('@') ? hint : '';
};

export const submitSignUp =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { csrf: _csrf, password, ...typed } = await readStep(deps, ctx, { signIn, form });
    if (!isBeforePassword(signIn)) return redirectToDispatch(ctx, signIn);
    const beginning = await beginRegistration(deps, {
      email: typed.email,
      username: typed.username,
      displayName: typed.name,
      password,
      acceptsTerms: typed.terms === 'yes',
      language: languageOf(ctx),
      client: signIn.client,
      interaction: signIn.uid,
      binding: keepSignUpSecret(ctx),
      network: networkOf(ctx.state['clientAddress']),
    });
    switch (beginning.outcome) {
      case 'begun':
        deps.log.info({ event: 'sign_up.begun', clientId: signIn.client.clientId });
        return proceed(ctx, signIn, { stage: 'verify-email', registrationId: beginning.registrationId });
      case 'invalid':
        return showSignUp(deps, ctx, { signIn, typed, problems: beginning.problems });
      case 'too_many_attempts':
        deps.log.warn({ event: 'sign_up.limited', clientId: signIn.client.clientId });
        return showSignUp(deps, ctx, { signIn, typed, retryAfterSeconds: beginning.retryAfterSeconds });
      case 'closed':
        throw signUpClosed();
    }
  };

/** "Create an account": from the sign-in, or to begin again with another address. */
export const submitCreateAccount =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    await readStep(deps, ctx, { signIn, form: buttonForm });
    if (!isOpen(deps.config)) throw signUpClosed();
    if (!isBeforePassword(signIn)) return redirectToDispatch(ctx, signIn);
    return proceed(ctx, signIn, { stage: 'sign-up' });
  };

/** Nothing has been proved yet that another account would take the place of. */
const isBeforePassword = ({ stage: { stage } }: SignIn): boolean =>
  stage === 'start' || stage === 'another-account' || stage === 'sign-up' || stage === 'verify-email';

const NAMES = {
  email: 'email',
  username: 'username',
  displayName: 'name',
  password: 'password',
  terms: 'terms',
} as const;

const MALFORMED = {
  email: 'sign_up.email_wrong',
  username: 'sign_up.username_wrong',
  displayName: 'sign_up.name_wrong',
  password: 'sign_up.password_wrong',
  terms: 'sign_up.terms_wrong',
} as const satisfies Readonly<Record<SignUpProblem['field'], MessageKey>>;

function sayProblem(t: Texts, { field, problem, flaw }: SignUpProblem): string {
  switch (problem) {
    case 'weak':
      return flaw === undefined ? t('sign_up.password_wrong') : sayFlaw(t, flaw);
    case 'taken':
      return t('sign_up.username_taken');
    case 'domain_refused':
      return t('sign_up.domain_refused');
    case 'required':
      return t(
        field === 'terms'
          ? 'sign_up.terms_wrong'
          : field === 'username'
            ? 'sign_up.username_wrong'
            : 'sign_up.name_missing',
      );
    case 'malformed':
      return t(MALFORMED[field]);
  }
}
