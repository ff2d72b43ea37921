// The link to the old address: a button brings it back, and leads to a new password.
import { linkTo, RESET_PATH, UNDO_EMAIL_CHANGE_PATH } from '../credentials/links.ts';
import { openEmailRestoration, undoEmailChange } from '../credentials/undo-email-change.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler } from '../http/route.ts';
import type { SelfServiceDeps } from './deps.ts';
import { linkForm, readLinkForm, showLinkPage, showVoidLink, tokenInAddress } from './page.ts';

export const showUndoEmailChange =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const token = tokenInAddress(ctx);
    const restoration = await openEmailRestoration(deps, token);
    if (restoration === undefined) return showVoidLink(ctx, { message: 'undo_email.void' });
    await showLinkPage(deps, ctx, {
      view: 'undo-email-change',
      title: 'undo_email.title',
      path: UNDO_EMAIL_CHANGE_PATH,
      token,
      locals: { email: restoration.to.address },
    });
  };

export const submitUndoEmailChange =
  (deps: SelfServiceDeps): Handler =>
  async (ctx) => {
    const { token } = await readLinkForm(deps, ctx, linkForm);
    const answer = await undoEmailChange(deps, { token, source: sourceOf(ctx) });
    switch (answer.outcome) {
      case 'void':
        return showVoidLink(ctx, { message: 'undo_email.void' });
      case 'taken':
        return showVoidLink(ctx, { message: 'undo_email.taken' });
      case 'undone':
        ctx.redirect(linkTo(deps.config, RESET_PATH, answer.resetToken));
        ctx.status = 303;
    }
  };
