// Another e-mail address: asked for here, proved by its mailbox, told to the old one.
import type Koa from 'koa';
import { z } from 'zod';
import { requestEmailChange } from '../../credentials/request-email-change.ts';
import { networkOf } from '../../http/client-address.ts';
import { languageOf } from '../../http/language.ts';
import { sourceOf } from '../../http/request-source.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showAccountPage } from '../page.ts';
import { problemWith, type TypedIdentifier } from './typed-identifier.ts';

export const EMAIL_PATH = `${ACCOUNT_PATH}/email`;

const form = z.object({ csrf: z.string().optional(), email: z.string().max(640) });

export const showEmail =
  (deps: AccountDeps): AccountStep =>
  (ctx, me) =>
    show(deps, ctx, me);

/** The same answer for an address that has an account already: only its owner learns of it. */
export const submitEmail =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const { email } = await readAccountForm(deps, ctx, { me, form });
    const network = networkOf(ctx.state.clientAddress);
    const where = { source: sourceOf(ctx), language: languageOf(ctx), network };
    const answer = await requestEmailChange(deps, { account: me.account, email, ...where });
    switch (answer.outcome) {
      case 'requested':
        return backTo(ctx, EMAIL_PATH, 'change_email.sent');
      case 'proof_requested':
        return backTo(ctx, EMAIL_PATH, 'change_email.proof_sent');
      case 'too_many_attempts':
        return show(deps, ctx, me, { ...answer, typed: email });
      case 'not_an_address':
        return show(deps, ctx, me, { typed: email, problem: 'change_email.not_an_address' });
      case 'same_address':
        return show(deps, ctx, me, { typed: email, problem: 'change_email.same' });
      case 'not_admitted':
        return show(deps, ctx, me, { typed: email, problem: 'change_email.not_admitted' });
    }
  };

async function show(deps: AccountDeps, ctx: Koa.Context, me: SignedIn, shown: TypedIdentifier = {}): Promise<void> {
  const problem = problemWith(ctx, shown, WORDS);
  await showAccountPage(deps, ctx, {
    view: 'email',
    title: 'change_email.title',
    lead: 'change_email.lead',
    current: 'profile',
    me,
    locals: {
      action: EMAIL_PATH,
      email: me.account.email,
      isProved: me.account.emailVerified,
      typed: shown.typed ?? '',
      problem,
      retryAfterSeconds: shown.retryAfterSeconds,
    },
  });
}

const WORDS = { field: 'email', wrong: 'change_email.wrong', tooMany: 'forgot.too_many' } as const;
