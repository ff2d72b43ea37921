// The password once more, from somebody who is signed in. Counted like a sign-in: no page here is a place to guess it.
import type Koa from 'koa';
import { authenticate } from '../accounts/authenticate.ts';
import { tellOfAlarms } from '../accounts/guessing/tell-of-alarms.ts';
import { recordEvent } from '../audit/audit-log.ts';
import { ACCOUNT_CENTRE_ID } from '../clients/live/built-in.ts';
import { findDevice } from '../devices/devices.ts';
import { networkOf } from '../http/client-address.ts';
import { deviceTokenOf } from '../http/device-cookie.ts';
import { sourceOf } from '../http/request-source.ts';
import type { SignedIn } from '../signed-in/signed-in.ts';
import type { AccountDeps } from './deps.ts';

export type Confirmation =
  | { readonly outcome: 'right' }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

/** In a browser that the account knows, nothing that others have tried holds its owner up. @throws Refusal `busy` (503) */
export async function confirmPassword(
  deps: AccountDeps,
  ctx: Koa.Context,
  { me, password }: { me: SignedIn; password: string },
): Promise<Confirmation> {
  const { id: accountId, email: identifier } = me.account;
  const knownDevice = (await findDevice(deps, { accountId, token: deviceTokenOf(ctx) }))?.id;
  const network = networkOf(ctx.state['clientAddress']);
  const proof = { identifier, password, network, knownDevice };
  const answer = await authenticate({ ...deps, limits: deps.config.limits }, proof);
  if (answer.outcome === 'too_many_attempts') return answer;
  // The address may have become somebody else's meanwhile.
  const isRight = answer.outcome === 'authenticated' && answer.account.id === accountId;
  if (isRight) return { outcome: 'right' };
  const source = sourceOf(ctx);
  const failure = { clientId: ACCOUNT_CENTRE_ID, source, outcome: 'failure' } as const;
  await recordEvent(deps, { event: 'sign_in.failed', accountId, ...failure });
  if (answer.outcome === 'wrong_credentials') await tellOfAlarms(deps, { ...answer, network, source });
  return { outcome: 'wrong' };
}
