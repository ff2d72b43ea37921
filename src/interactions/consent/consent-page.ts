// What the app will get, in plain sentences, and allow or deny.
import type Koa from 'koa';
import { z } from 'zod';
import type { Account } from '../../accounts/account.ts';
import { textsFor } from '../../http/page.ts';
import { findUsablePerson, type Person } from '../../profiles/person.ts';
import { requestedAccess } from '../../provider/access.ts';
import { accessInWords } from '../../provider/apps/access-in-words.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { finishAuthenticated, finishConsented, finishDenied } from '../finish.ts';
import { isStale } from '../freshness.ts';
import { addressOf, readStep, redirectToDispatch, type Step, showStep } from '../page.ts';
import { termsFor } from './terms-page.ts';

const form = z.object({ csrf: z.string().optional(), decision: z.enum(['allow', 'deny']) });

export async function showConsent(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account }: { signIn: SignIn; account: Account | undefined },
): Promise<void> {
  const asked = requestedAccess(signIn.client, signIn.params);
  await showStep(deps, ctx, {
    view: 'consent',
    title: 'consent.title',
    signIn,
    account,
    locals: {
      // Not a field: the release before, which may be asked next, refuses those that it does not know.
      action: addressOf(signIn, 'consent', account === undefined ? {} : { account: account.id }),
      ...accessInWords(deps.config, textsFor(ctx), asked),
    },
  });
}

/** What is remembered and granted is what the request asks for, as the page showed it, for whom it showed; nothing else is read from the form. */
export const submitConsent =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { decision } = await readStep(deps, ctx, { signIn, form });
    const accountId = consentingAccount(signIn);
    if (accountId === undefined || isStale(deps, signIn)) return redirectToDispatch(ctx, signIn);
    // Whom the page showed: somebody else may have signed in with another tab since.
    const shown = ctx.query['account'];
    if (shown !== undefined && shown !== accountId) return redirectToDispatch(ctx, signIn);
    // Nobody, where they were banned or deleted while the page was open.
    const person = await findUsablePerson(deps, { accountId });
    if (person === undefined || skipsTerms(deps, signIn, person)) return redirectToDispatch(ctx, signIn);
    if (decision === 'deny') return finishDenied(deps, ctx, { signIn, how: 'consent_denied' });
    const given = { accountId, allowed: requestedAccess(signIn.client, signIn.params) };
    return signIn.stage.stage === 'authenticated'
      ? finishAuthenticated(deps, ctx, { signIn, person, given })
      : finishConsented(deps, ctx, { signIn, person, given });
  };

/** They come before. Where the engine has asked for consent they can be new since: it puts them to the person then. */
const skipsTerms = (deps: InteractionDeps, signIn: SignIn, person: Person): boolean =>
  signIn.stage.stage === 'authenticated' && termsFor(deps, signIn, person) !== undefined;

/** Only a person whose every factor has passed, here or in the session that asks, can consent. */
function consentingAccount(signIn: SignIn): string | undefined {
  if (signIn.stage.stage === 'authenticated') return signIn.stage.accountId;
  const asked = signIn.stage.stage === 'start' && signIn.interaction.prompt.name === 'consent';
  return asked ? signIn.sessionAccountId : undefined;
}
