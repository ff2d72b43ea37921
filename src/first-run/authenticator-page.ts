// The authenticator app, at once: its first right code makes the administrator, and before it there is nothing.
import type Koa from 'koa';
import { z } from 'zod';
import { createFirstAdministrator } from '../first-administrator/create-first-administrator.ts';
import { textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import { checkFirstCode, startTotpEnrolment } from '../second-factors/enrol-totp.ts';
import type { MessageKey } from '../texts/messages.ts';
import { showAccountForm } from './account-page.ts';
import type { FirstRunDeps } from './deps.ts';
import { readStep, redirectToSetup, type Step, showEnd, showStep } from './page.ts';
import { moveTo, type Progress, type Stage } from './progress.ts';

const form = z.object({ csrf: z.string().optional(), code: z.string().max(64) });

interface Shown {
  readonly progress: Progress;
  readonly at: Extract<Stage, { stage: 'authenticator' }>;
  readonly trouble?: { readonly status: 400 | 429; readonly summary: MessageKey; readonly retryAfterSeconds?: number };
}

/** The secret stays the same for as long as this browser is here: reloading shows the same QR code. */
export async function showAuthenticator(
  deps: FirstRunDeps,
  ctx: Koa.Context,
  { progress, at, trouble }: Shown,
): Promise<void> {
  const account = { email: at.account.email.address };
  const { uri, qrSvg, keyInGroups } = startTotpEnrolment({ issuerName: deps.config.name, account, secret: at.secret });
  if (trouble !== undefined) ctx.status = trouble.status;
  if (trouble?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(trouble.retryAfterSeconds));
  await showStep(deps, ctx, {
    view: 'authenticator',
    title: 'enrol.title',
    progress,
    locals: {
      action: '/setup/authenticator',
      changeAction: '/setup/change',
      account: { label: account.email },
      qrSvg,
      keyInGroups,
      otpauthUri: uri,
      problem: trouble && { summary: textsFor(ctx)(trouble.summary) },
      retryAfterSeconds: trouble?.retryAfterSeconds,
    },
  });
}

export const submitAuthenticator =
  (deps: FirstRunDeps): Step =>
  async (ctx, progress) => {
    const { code } = await readStep(deps, ctx, { progress, form });
    const { at, tokenHash } = progress;
    if (at.stage !== 'authenticator') return redirectToSetup(ctx);
    // By link, not by browser: a new cookie is no new set of tries.
    const limit = secondFactorLimit(deps.config.limits, `setup-${tokenHash}`);
    const first = await checkFirstCode(deps, { limit, secret: at.secret, code });
    switch (first.outcome) {
      case 'right':
        return finish(deps, ctx, { progress, at, step: first.step });
      case 'wrong_code':
        return showAuthenticator(deps, ctx, { progress, at, trouble: { status: 400, summary: 'enrol.wrong_code' } });
      case 'too_many_attempts': {
        const { retryAfterSeconds } = first;
        const trouble = { status: 429, summary: 'second_factor.too_many_attempts', retryAfterSeconds } as const;
        return showAuthenticator(deps, ctx, { progress, at, trouble });
      }
    }
  };

async function finish(
  deps: FirstRunDeps,
  ctx: Koa.Context,
  { progress, at, step }: Omit<Shown, 'trouble'> & { step: number },
): Promise<void> {
  const { email, displayName, passwordHash } = at.account;
  const account = { email, displayName, passwordHash, username: undefined, emailVerified: false };
  const { tokenHash } = progress;
  const authenticatorName = textsFor(ctx)('factors.usual_name');
  const source = sourceOf(ctx);
  const wanted = { tokenHash, account, authenticatorName, secret: at.secret, step, source };
  const creation = await createFirstAdministrator(deps, wanted);
  switch (creation.outcome) {
    case 'created': {
      deps.log.info({ event: 'setup.finished', accountId: creation.account.id });
      const codes = [...creation.recoveryCodes];
      moveTo(deps, ctx, progress, { stage: 'recovery-codes', email: email.address, codes });
      return redirectToSetup(ctx);
    }
    case 'email_taken': {
      const back = { ...progress, at: { stage: 'account', email: email.address, displayName } } as const;
      moveTo(deps, ctx, progress, back.at);
      const problems = [{ field: 'email', taken: true } as const];
      return showAccountForm(deps, ctx, { progress: back, typed: back.at, problems });
    }
    case 'closed':
    case 'void':
      return showEnd(ctx, creation.outcome);
  }
}
