// The terms of service, for who has an account and has not accepted them: they are new, or it came about without them.
import type Koa from 'koa';
import { z } from 'zod';
import { acceptTerms, termsDue } from '../../accounts/accepted-terms.ts';
import { isBuiltIn } from '../../clients/live/built-in.ts';
import { textsFor } from '../../http/page.ts';
import { sourceOf } from '../../http/request-source.ts';
import { findUsablePerson, type Person } from '../../profiles/person.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { finishTerms } from '../finish.ts';
import { isStale } from '../freshness.ts';
import { addressOf, readStep, redirectToDispatch, type Step, showStep } from '../page.ts';

const form = z.object({
  csrf: z.string().optional(),
  terms: z.string().max(16).optional(),
  /** What the page showed: the operator may have put others in force since. */
  version: z.string().max(40),
  /** Whom it showed: somebody else may have signed in with another tab since. */
  account: z.string().max(64),
});

/** Undefined where there is nothing to accept. Never before the account centre (policy.ts). */
export const termsFor = (
  { config }: InteractionDeps,
  { client }: SignIn,
  { acceptedTerms }: Pick<Person, 'acceptedTerms'>,
): string | undefined => (isBuiltIn(client.clientId) ? undefined : termsDue(config, acceptedTerms));

export async function showTerms(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, person, refused = false }: { signIn: SignIn; person: Person; refused?: boolean },
): Promise<void> {
  if (refused) ctx.status = 400;
  const wrong = textsFor(ctx)('terms.wrong');
  await showStep(deps, ctx, {
    view: 'terms',
    title: 'terms.title',
    signIn,
    account: person.account,
    locals: {
      action: addressOf(signIn, 'terms'),
      version: deps.config.registration.termsVersion,
      accountId: person.account.id,
      termsUrl: deps.config.branding.termsUrl,
      isNew: person.acceptedTerms !== undefined,
      problem: refused ? { summary: wrong, field: 'terms' } : undefined,
      accountHref: '/account/data',
    },
  });
}

export const submitTerms =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { terms, version, account } = await readStep(deps, ctx, { signIn, form });
    const accountId = isStale(deps, signIn) ? undefined : whoIsAsked(signIn);
    const person = accountId === account ? await findUsablePerson(deps, { accountId }) : undefined;
    if (person === undefined || termsFor(deps, signIn, person) !== version) return redirectToDispatch(ctx, signIn);
    if (terms !== 'yes') return showTerms(deps, ctx, { signIn, person, refused: true });
    const { clientId } = signIn.client;
    const accepting = { accountId: person.account.id, version, clientId, source: sourceOf(ctx) };
    const isAccepted = await acceptTerms(deps, accepting);
    if (!isAccepted || signIn.stage.stage !== 'start') return redirectToDispatch(ctx, signIn);
    return finishTerms(deps, ctx, signIn);
  };

/** Only who has passed every factor, here or in the session that asks. */
function whoIsAsked(signIn: SignIn): string | undefined {
  if (signIn.stage.stage === 'authenticated') return signIn.stage.accountId;
  const asked = signIn.stage.stage === 'start' && signIn.interaction.prompt.name === 'terms';
  return asked ? signIn.sessionAccountId : undefined;
}
