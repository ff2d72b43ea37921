// The address of the link, and the one place that decides what its holder sees next.

import type Koa from 'koa';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { hashSecretToken } from '../crypto/secret-token.ts';
import { Refusal } from '../errors.ts';
import { stateOfSetupLink } from '../first-administrator/setup-link.ts';
import { networkOf } from '../http/client-address.ts';
import type { Handler } from '../http/route.ts';
import { reserveAttempt } from '../limits/counters.ts';
import { setupLinkLimit } from '../limits/limits.ts';
import { showAccountForm } from './account-page.ts';
import { TOKEN_PARAMETER } from './address.ts';
import { showAuthenticator } from './authenticator-page.ts';
import type { FirstRunDeps } from './deps.ts';
import { inSetup, redirectToSetup, type Step, showEnd, showStep } from './page.ts';
import { beginProgress, progressOf } from './progress.ts';
import { showRecoveryCodes } from './recovery-codes-page.ts';

export const openSetup = (deps: FirstRunDeps): Handler => {
  const showCurrentPage = inSetup(deps, dispatch(deps));
  return async (ctx) => {
    const token = ctx.query[TOKEN_PARAMETER];
    return token === undefined ? showCurrentPage(ctx) : openLink(deps, ctx, String(token));
  };
};

/** Out of the address at once, whatever it is. Spends nothing: mail scanners and previews open links too. */
async function openLink(deps: FirstRunDeps, ctx: Koa.Context, token: string): Promise<void> {
  const tokenHash = hashSecretToken(token);
  const state = await stateOfSetupLink(deps, tokenHash);
  if (state === 'good') {
    // Who opens the link a second time goes on where they are.
    const begun = progressOf(deps, ctx)?.tokenHash;
    if (begun === undefined || !equalInConstantTime(begun, tokenHash)) beginProgress(deps, ctx, tokenHash);
    return redirectToSetup(ctx);
  }
  if (state === 'closed') {
    deps.log.info({ event: 'setup.link_refused', reason: state });
    // No link is any good, so that nothing is told about this one, and there is nothing to guess.
    return progressOf(deps, ctx) === undefined ? showEnd(ctx, state) : redirectToSetup(ctx);
  }
  const network = networkOf(ctx.state['clientAddress']);
  const limit = setupLinkLimit(deps.config.limits, network);
  const { allowed, retryAfterSeconds } = await reserveAttempt(deps, limit.key, limit);
  if (!allowed) throw tooManyLinks(retryAfterSeconds);
  deps.log.info({ event: 'setup.link_refused', reason: state });
  redirectToSetup(ctx);
}

const dispatch =
  (deps: FirstRunDeps): Step =>
  async (ctx, progress) => {
    const { at } = progress;
    switch (at.stage) {
      case 'account':
        return showAccountForm(deps, ctx, { progress, typed: { email: at.email, displayName: at.displayName } });
      case 'authenticator':
        return showAuthenticator(deps, ctx, { progress, at });
      case 'recovery-codes':
        return showRecoveryCodes(deps, ctx, { progress, at });
      case 'done':
        return showStep(deps, ctx, {
          view: 'done',
          title: 'setup.done.title',
          progress,
          locals: { email: at.email },
        });
    }
  };

const tooManyLinks = (retryAfterSeconds: number): Refusal =>
  new Refusal({
    code: 'too_many_attempts',
    status: 429,
    reason: 'too_many_links',
    message: 'Too many links were opened that do not work. Wait a little, then open the newest one.',
    retryAfterSeconds,
  });
