// The sitemap of mailed links. Who may do what they offer is decided by the token, in the room that sent it.
import { INVITATION_PATH } from '../accounts/accept-invitation.ts';
import { anyone, get, post, type Route } from '../http/route.ts';
import { KEEP_ACCOUNT_PATH } from '../leaving/request-deletion.ts';
import { VERIFY_EMAIL_PATH } from '../registrations/send-proofs.ts';
import { credentialRoutes } from './credential-routes.ts';
import type { SelfServiceDeps } from './deps.ts';
import { showInvitation, submitInvitation } from './invitation-page.ts';
import { showKeepAccount, submitKeepAccount } from './keep-account-page.ts';
import { showVerifyEmail, submitVerifyEmail } from './verify-email-page.ts';

export const selfServiceRoutes = (deps: SelfServiceDeps): readonly Route[] => [
  get(VERIFY_EMAIL_PATH, anyone, showVerifyEmail(deps)),
  post(VERIFY_EMAIL_PATH, anyone, submitVerifyEmail(deps)),
  get(INVITATION_PATH, anyone, showInvitation(deps)),
  post(INVITATION_PATH, anyone, submitInvitation(deps)),
  ...credentialRoutes(deps),
  get(KEEP_ACCOUNT_PATH, anyone, showKeepAccount(deps)),
  post(KEEP_ACCOUNT_PATH, anyone, submitKeepAccount(deps)),
];
