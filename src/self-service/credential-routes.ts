// The addresses of forgotten passwords and changed addresses.
import { CONFIRM_EMAIL_PATH, RESET_PATH, UNDO_EMAIL_CHANGE_PATH } from '../credentials/links.ts';
import { anyone, get, post, type Route } from '../http/route.ts';
import { showConfirmEmail, submitConfirmEmail } from './confirm-email-page.ts';
import type { SelfServiceDeps } from './deps.ts';
import {
  REQUEST_PATH,
  SENT_PATH,
  showForgotPassword,
  showResetSent,
  submitForgotPassword,
} from './forgot-password-page.ts';
import { DONE_PATH, showReset, showResetDone, submitReset } from './new-password-page.ts';
import { showUndoEmailChange, submitUndoEmailChange } from './undo-email-change-page.ts';

export const credentialRoutes = (deps: SelfServiceDeps): readonly Route[] => [
  get(RESET_PATH, anyone, showReset(deps)),
  post(RESET_PATH, anyone, submitReset(deps)),
  // Who comes back to the address of a form, as from the history, sees the form.
  get(REQUEST_PATH, anyone, (ctx) => showForgotPassword(deps, ctx)),
  post(REQUEST_PATH, anyone, submitForgotPassword(deps)),
  get(SENT_PATH, anyone, showResetSent(deps)),
  get(DONE_PATH, anyone, showResetDone(deps)),
  get(CONFIRM_EMAIL_PATH, anyone, showConfirmEmail(deps)),
  post(CONFIRM_EMAIL_PATH, anyone, submitConfirmEmail(deps)),
  get(UNDO_EMAIL_CHANGE_PATH, anyone, showUndoEmailChange(deps)),
  post(UNDO_EMAIL_CHANGE_PATH, anyone, submitUndoEmailChange(deps)),
];
