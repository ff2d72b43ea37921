// What an authorization request asks for, within what the client file allows.
import { decodeJwt } from 'jose';
import type { Client } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import type { Allowed } from '../sessions/allowed.ts';
import { ENDPOINTS } from './paths.ts';
import { requestedClaims } from './step-up/claims-parameter.ts';

/** Parameters as the engine keeps them: `resource` is the default audience when the app named none. */
export interface RequestedParams {
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  readonly prompt?: string | undefined;
  readonly redirect_uri?: string | undefined;
  readonly id_token_hint?: string | undefined;
  readonly acr_values?: string | undefined;
  readonly claims?: string | undefined;
}

export function requestedAccess(client: Client, params: RequestedParams): Allowed {
  const words = params.scope?.split(' ').filter(Boolean) ?? [];
  const audiences = params.resource === undefined ? [] : [params.resource].flat();
  const resources = new Map<string, readonly string[]>();
  for (const audience of audiences) {
    const scopes = words.filter((scope) => client.resources.get(audience)?.includes(scope));
    // An API named without a scope still takes the token, with the person's roles in it.
    if (client.resources.has(audience)) resources.set(audience, scopes);
  }
  return { scopes: words.filter((scope) => mayAskFor(client, scope)), resources };
}

function mayAskFor(client: Client, scope: string): boolean {
  if (scope === 'offline_access' && !client.grantTypes.includes('refresh_token')) return false;
  return client.scopes.includes(scope);
}

/**
 * Whether consent must be asked again although it is remembered. RFC 8252 section 8.6: an app on a device whose
 * redirect any other app could claim must not be answered without the person.
 */
export function alwaysAsks(client: Client, params: RequestedParams): boolean {
  if (params.prompt?.split(' ').includes('consent')) return true;
  return client.consent === 'ask' && client.preset === 'native' && !params.redirect_uri?.startsWith('https:');
}

/**
 * True if the app expects somebody else: id_token_hint, or a value for sub in `claims`, names the only person it may be
 * answered about (OpenID Connect Core sections 3.1.2.1 and 5.5.1). The engine verifies the hint when the request comes.
 */
export function expectsSomebodyElse(params: RequestedParams, accountId: string): boolean {
  const { id_token_hint: hint } = params;
  if (hint !== undefined && decodeJwt(hint).sub !== accountId) return true;
  const { id_token: idToken, userinfo } = requestedClaims(params);
  return [idToken?.sub, userinfo?.sub].some((sub) => sub !== undefined && !sub.values.includes(accountId));
}

export const userinfoUrl = (config: Pick<Config, 'issuer'>): string => `${config.issuer}${ENDPOINTS.userinfo}`;
export const tokenUrl = (config: Pick<Config, 'issuer'>): string => `${config.issuer}${ENDPOINTS.token}`;
