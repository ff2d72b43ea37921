// E-mail address, name and password of the first administrator. Everything that is wrong is said at once.
import type Koa from 'koa';
import { z } from 'zod';
import { type FieldProblem, prepareAccount } from '../accounts/prepare-account.ts';
import { sayFlaw } from '../accounts/say-flaw.ts';
import { textsFor } from '../http/page.ts';
import { newTotpSecret } from '../second-factors/totp.ts';
import type { Texts } from '../texts/messages.ts';
import type { FirstRunDeps } from './deps.ts';
import { buttonForm, readStep, redirectToSetup, type Step, showStep } from './page.ts';
import { moveTo, type Progress } from './progress.ts';

const form = z.object({
  csrf: z.string().optional(),
  email: z.string().max(640),
  name: z.string().max(640),
  password: z.string().max(4096),
});

interface Typed {
  readonly email?: string | undefined;
  readonly displayName?: string | undefined;
}

type Wrong = Pick<FieldProblem, 'field' | 'flaw'> & { readonly taken?: true };

interface Shown {
  readonly progress: Progress;
  readonly typed: Typed;
  readonly problems?: readonly Wrong[];
}

/** Without the password: that is typed anew. */
export async function showAccountForm(
  deps: FirstRunDeps,
  ctx: Koa.Context,
  { progress, typed, problems = [] }: Shown,
): Promise<void> {
  const t = textsFor(ctx);
  if (problems.length > 0) ctx.status = 400;
  const errors = problems.map((problem) => ({ field: NAMES[problem.field], message: messageFor(t, problem) }));
  await showStep(deps, ctx, {
    view: 'account',
    title: 'setup.account.title',
    progress,
    locals: {
      action: '/setup/account',
      typed: { email: typed.email ?? '', name: typed.displayName ?? '' },
      problem: errors.length === 0 ? undefined : { summary: t('setup.account.problems') },
      errors,
      rule: t('setup.account.password_rule', { least: String(deps.rules.minLength) }),
    },
  });
}

export const submitAccount =
  (deps: FirstRunDeps): Step =>
  async (ctx, progress) => {
    const { email, name, password } = await readStep(deps, ctx, { progress, form });
    if (progress.at.stage !== 'account') return redirectToSetup(ctx);
    const displayName = name.trim() === '' ? undefined : name;
    const preparation = await prepareAccount(deps, { email, displayName, password, emailVerified: false });
    if (preparation.outcome === 'invalid') {
      const { problems } = preparation;
      return showAccountForm(deps, ctx, { progress, typed: { email, displayName: name }, problems });
    }
    const { email: address, displayName: shown, passwordHash = '' } = preparation.account;
    moveTo(deps, ctx, progress, {
      stage: 'authenticator',
      account: { email: address, displayName: shown, passwordHash },
      secret: newTotpSecret(),
    });
    redirectToSetup(ctx);
  };

/** Back to the form: the address was mistyped, or the password. */
export const submitChange =
  (deps: FirstRunDeps): Step =>
  async (ctx, progress) => {
    await readStep(deps, ctx, { progress, form: buttonForm });
    if (progress.at.stage !== 'authenticator') return redirectToSetup(ctx);
    const { email, displayName } = progress.at.account;
    moveTo(deps, ctx, progress, { stage: 'account', email: email.address, displayName });
    redirectToSetup(ctx);
  };

const NAMES = { email: 'email', displayName: 'name', username: 'name', password: 'password' } as const;

function messageFor(t: Texts, { field, flaw, taken }: Wrong): string {
  if (field === 'email') return t(taken ? 'setup.account.email_taken' : 'setup.account.email_wrong');
  return flaw === undefined ? t('setup.account.name_wrong') : sayFlaw(t, flaw);
}
