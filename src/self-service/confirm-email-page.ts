// The link to a new address: a button proves it. For the account that asked, whoever is signed in where it is opened.
import type { Account } from '../accounts/account.ts';
import { confirmEmailChange, isOwnAddress, openEmailChange } from '../credentials/confirm-email-change.ts';
import { CONFIRM_EMAIL_PATH } from '../credentials/links.ts';
import { textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler, RouteContext } from '../http/route.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { SelfServiceDeps } from './deps.ts';
import { linkForm, readLinkForm, showDone, showLinkPage, showVoidLink, tokenInAddress } from './page.ts';

export const showConfirmEmail =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const token = tokenInAddress(ctx);
    const change = await openEmailChange(deps, token);
    if (change === undefined) return showVoid(ctx);
    const own = isOwnAddress(change);
    const locals = { email: change.to.address, account: hinted(change.account), own };
    await showLinkPage(deps, ctx, {
      view: 'confirm-email',
      title: own ? 'verify_link.title' : 'confirm_email.title',
      path: CONFIRM_EMAIL_PATH,
      token,
      locals,
    });
  };

export const submitConfirmEmail =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const { token } = await readLinkForm(deps, ctx, linkForm);
    const answer = await confirmEmailChange(deps, { token, source: sourceOf(ctx) });
    switch (answer.outcome) {
      case 'void':
        return showVoid(ctx);
      case 'taken':
        return showVoidLink(ctx, { message: 'confirm_email.taken' });
      case 'verified':
        return showConfirmed(ctx, { ...answer, title: 'verify_link.done', message: 'confirm_email.verified' });
      case 'changed':
        return showConfirmed(ctx, { ...answer, title: 'confirm_email.done', message: 'confirm_email.done_lead' });
    }
  };

const showConfirmed = (
  ctx: RouteContext,
  { email, title, message }: { email: string; title: MessageKey; message: MessageKey },
): Promise<void> => {
  const onward = { label: textsFor(ctx)('confirm_email.onward'), href: '/account' };
  return showDone(ctx, { title, message, values: { email }, onward });
};

const showVoid = (ctx: RouteContext): Promise<void> =>
  showVoidLink(ctx, {
    message: 'confirm_email.void',
    onward: { label: textsFor(ctx)('confirm_email.again'), href: '/account/email' },
  });

/** Enough for its owner to know it by: somebody who got the mail by mistake learns no address. */
const hinted = ({ email }: Account): string => email.replace(/^(.).*(?=@)/, '$1…');
