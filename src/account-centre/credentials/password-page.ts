// A new password, for who knows the old one. Every other device is signed out; this browser goes on.
import type Koa from 'koa';
import { z } from 'zod';
import { sayFlaw } from '../../accounts/say-flaw.ts';
import { setPassword } from '../../credentials/set-password.ts';
import { deviceTokenOf } from '../../http/device-cookie.ts';
import { languageOf } from '../../http/language.ts';
import { textsFor } from '../../http/page.ts';
import { sourceOf } from '../../http/request-source.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import { confirmPassword } from '../confirm-password.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';

export const PASSWORD_PATH = `${ACCOUNT_PATH}/password`;

const form = z.object({
  csrf: z.string().optional(),
  /** For password managers. */
  identifier: z.string().max(320).optional(),
  current: z.string().max(4096),
  password: z.string().max(4096),
});

interface Trouble {
  readonly status: 400 | 429;
  readonly summary: string;
  readonly field?: 'current' | 'password';
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}

export const showPassword =
  (deps: AccountDeps): AccountStep =>
  (ctx, me) =>
    show(deps, ctx, me);

/** The old password counts against the limits of the sign-in: this page is no way to guess it. */
export const submitPassword =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { current, password } = await readAccountForm(deps, ctx, { me, form });
    const t = textsFor(ctx);
    const answer = await confirmPassword(deps, ctx, { me, password: current });
    if (answer.outcome === 'too_many_attempts') {
      return show(deps, ctx, me, { ...answer, status: 429, summary: t('sign_in.too_many_attempts') });
    }
    if (answer.outcome === 'wrong') {
      const message = t('change_password.current_wrong');
      return show(deps, ctx, me, { status: 400, summary: t('change_password.wrong'), field: 'current', message });
    }
    const accountId = me.account.id;
    const where = { source: sourceOf(ctx), language: languageOf(ctx) };
    const kept = { exceptSession: me.session.uid, keepDevice: deviceTokenOf(ctx) };
    const change = await setPassword(deps, { accountId, password, ...where, ...kept });
    if (change.outcome === 'invalid') {
      const message = change.flaws.map((flaw) => sayFlaw(t, flaw)).join(' ');
      return show(deps, ctx, me, { status: 400, summary: t('new_password.refused'), field: 'password', message });
    }
    if (change.outcome === 'set') await deps.renewSession(ctx);
    deps.log.info({ event: 'password.changed', accountId });
    backTo(ctx, deps.isPage(SECURITY_PATH) ? SECURITY_PATH : ACCOUNT_PATH, 'change_password.done');
  };

const SECURITY_PATH = `${ACCOUNT_PATH}/security`;

async function show(deps: AccountDeps, ctx: Koa.Context, me: SignedIn, trouble?: Trouble): Promise<void> {
  if (trouble !== undefined) ctx.status = trouble.status;
  if (trouble?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(trouble.retryAfterSeconds));
  await showAccountPage(deps, ctx, {
    view: 'password',
    title: 'change_password.title',
    lead: 'change_password.lead',
    current: 'security',
    me,
    locals: {
      action: PASSWORD_PATH,
      identifier: me.account.email,
      rule: textsFor(ctx)('new_password.rule', { least: String(deps.rules.minLength) }),
      problem: trouble,
      retryAfterSeconds: trouble?.retryAfterSeconds,
    },
  });
}
