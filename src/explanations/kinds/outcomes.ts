// Outcomes that are no mistakes, sign-ins that are over, and access tokens at userinfo.
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest } from '../failed-request.ts';

export function outcomes({ error, description = '' }: FailedRequest): Diagnosis | undefined {
  switch (error) {
    case 'login_required':
      return { case: description.includes('subject do not match') ? 'normal.somebody_else' : 'normal.sign_in' };
    case 'unmet_authentication_requirements':
      return { case: description.endsWith('is offered') ? 'acr.not_offered' : 'normal.acr_unmet' };
    case 'consent_required':
      return { case: 'normal.consent' };
    case 'interaction_required':
    case 'account_selection_required':
      return { case: 'normal.interaction' };
    case 'access_denied':
      return { case: 'normal.denied' };
  }
  return SIGN_IN_OVER.test(description) ? { case: 'sign_in.over' } : undefined;
}

const SIGN_IN_OVER =
  /^(?:authorization request has expired|interaction session not found|authorization session and cookie|interaction session and authentication session)/;

export function accessTokens({ error, detail = '', endpoint }: FailedRequest): Diagnosis | undefined {
  if (endpoint !== 'userinfo') return undefined;
  if (detail === 'no access token provided') return { case: 'access_token.missing' };
  if (error === 'invalid_token') return { case: 'access_token.unknown' };
  return error === 'insufficient_scope' ? { case: 'access_token.scope', expected: ['openid'] } : undefined;
}
