// Grant types, and the codes and refresh tokens that are redeemed. Their values are never kept.
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmless } from '../harmless.ts';

export function grantTypes(request: FailedRequest, { clients }: Known): Diagnosis | undefined {
  const allowed = clients.get(request.clientId ?? '')?.grantTypes ?? [];
  const about = {
    received: harmless(request.parameters.grant_type?.[0] ?? ''),
    expected: allowed,
    key: 'grant_types',
  } as const;
  if (request.error === 'unsupported_grant_type') return { case: 'grant_type.unsupported', ...about };
  if (request.description === 'requested grant type is not allowed for this client') {
    return { case: 'grant_type.not_allowed', ...about };
  }
  return undefined;
}

export function redemption(request: FailedRequest, { now }: Known): Diagnosis | undefined {
  const { error, detail = '', presented } = request;
  if (error !== 'invalid_grant') return undefined;
  const what = request.parameters.grant_type?.[0] === 'refresh_token' ? 'refresh_token' : 'code';
  if (/^(?:authorization code|refresh token) not found$/.test(detail)) return { case: `${what}.unknown` };
  if (/already (?:consumed|used)$/.test(detail)) return { case: `${what}.used` };
  if (/^\w+ was already used$/.test(detail)) return { case: `${what}.used` };
  if (/^(?:authorization code|refresh token) is expired$/.test(detail)) {
    const seconds = Math.floor(now.getTime() / 1000) - (presented?.expiresAt ?? 0);
    return { case: `${what}.expired`, values: { seconds: presented?.expiresAt === undefined ? '?' : String(seconds) } };
  }
  if (detail === 'client mismatch') {
    const owner = presented?.clientId === undefined ? [] : [presented.clientId];
    return { case: `${what}.other_client`, received: harmless(request.clientId ?? ''), expected: owner };
  }
  if (/^(?:grant (?:not found|is expired))|referenced account|account/.test(detail)) {
    return { case: 'grant.ended', values: { detail: harmless(detail) } };
  }
  return undefined;
}
