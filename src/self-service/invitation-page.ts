// `/invitation?token=`: whoever was invited chooses a name and a password, and proves the address by it.
import type Koa from 'koa';
import { z } from 'zod';
import { acceptInvitation, INVITATION_PATH, openInvitation, takesInvitations } from '../accounts/accept-invitation.ts';
import { termsToAccept } from '../accounts/accepted-terms.ts';
import type { Account } from '../accounts/account.ts';
import { sayFlaw } from '../accounts/say-flaw.ts';
import { languageOf } from '../http/language.ts';
import { textsFor } from '../http/page.ts';
import { signUpClosed } from '../http/refusals.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import type { SelfServiceDeps } from './deps.ts';
import { linkForm, readLinkForm, showDone, showLinkPage, showVoidLink, tokenInAddress } from './page.ts';

const form = linkForm.extend({
  /** For password managers. */
  email: z.string().max(320).optional(),
  name: z.string().max(640).optional(),
  password: z.string().max(4096),
  terms: z.string().max(16).optional(),
});

interface Shown {
  readonly account: Account;
  readonly token: string;
  readonly name?: string | undefined;
  readonly terms?: string | undefined;
  readonly errors?: readonly { readonly field: 'name' | 'password' | 'terms'; readonly message: string }[];
}

export const showInvitation =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    if (!takesInvitations(deps.config)) throw signUpClosed();
    const token = tokenInAddress(ctx);
    const account = await openInvitation(deps, token);
    if (account === undefined) return showVoidLink(ctx, { message: 'invitation.void' });
    return showForm(deps, ctx, { account, token });
  };

async function showForm(deps: SelfServiceDeps, ctx: Koa.Context, shown: Shown): Promise<void> {
  const { account, token, name, terms, errors = [] } = shown;
  const asksForTerms = (await termsToAccept(deps, account.id)) !== undefined;
  const t = textsFor(ctx);
  if (errors.length > 0) ctx.status = 400;
  await showLinkPage(deps, ctx, {
    view: 'invitation',
    title: 'invitation.title',
    path: INVITATION_PATH,
    token,
    locals: {
      account: { label: account.email },
      email: account.email,
      asksForName: account.displayName === undefined,
      requiresName: deps.config.registration.requiredFields.includes('name'),
      name: name ?? '',
      termsUrl: asksForTerms ? deps.config.branding.termsUrl : undefined,
      terms,
      rule: t('sign_up.password_rule', { least: String(deps.rules.minLength) }),
      errors,
      problem: errors.length === 0 ? undefined : { summary: t('sign_up.problems') },
    },
  });
}

export const submitInvitation =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    if (!takesInvitations(deps.config)) throw signUpClosed();
    const { token, name, password, terms } = await readLinkForm(deps, ctx, form);
    const accepted = await acceptInvitation(deps, {
      token,
      name: name ?? '',
      password,
      acceptsTerms: terms === 'yes',
      language: languageOf(ctx),
      source: sourceOf(ctx),
    });
    const t = textsFor(ctx);
    switch (accepted.outcome) {
      case 'accepted':
        deps.log.info({ event: 'invitation.accepted', accountId: accepted.account.id });
        return showDone(ctx, {
          title: 'invitation.done',
          message: 'invitation.done_lead',
          values: { email: accepted.account.email },
          onward: { label: t('invitation.go_on'), href: '/account' },
        });
      case 'invalid': {
        const { flaws, nameProblem, refusesTerms, account } = accepted;
        const wrongName = nameProblem === 'missing' ? 'sign_up.name_missing' : 'invitation.name_wrong';
        const errors = [
          ...(nameProblem === undefined ? [] : [{ field: 'name' as const, message: t(wrongName) }]),
          ...flaws.map((flaw) => ({ field: 'password' as const, message: sayFlaw(t, flaw) })),
          ...(refusesTerms ? [{ field: 'terms' as const, message: t('sign_up.terms_wrong') }] : []),
        ];
        return showForm(deps, ctx, { account, token, name, terms, errors });
      }
      case 'void':
        return showVoidLink(ctx, { message: 'invitation.void' });
    }
  };
