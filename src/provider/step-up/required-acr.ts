// How strongly a person has to prove who they are: what the operator demands, and what the request asks for.
import type { Client } from '../../clients/client.ts';
import type { Config } from '../../config/config.ts';
import type { Held } from '../../roles/held.ts';
import type { RequestedParams } from '../access.ts';
import { isAcr } from './acr.ts';
import { type RequestedAcr, requestedClaims } from './claims-parameter.ts';

/** Where the operator says that a second factor is needed: gatehouse.yaml, the client's file, a role of the person. */
export type Demand = 'configuration' | 'client' | 'role';

/** No request can ask for less. Undefined where a password alone will do. */
export function secondFactorDemand(
  { config, client }: { config: Config; client: Client | undefined },
  held: Held,
): Demand | undefined {
  if (config.accounts.mfa === 'required') return 'configuration';
  if (client?.access.acr === 'mfa') return 'client';
  return held.requireSecondFactor ? 'role' : undefined;
}

export const SAID_BY: Readonly<Record<Demand, string>> = {
  configuration: 'mfa: required in gatehouse.yaml',
  client: 'access.acr in the file of the client',
  role: 'a role of the account',
};

/**
 * acr_values lists what the app would like, and so does `claims` where it is not essential. An essential one is what
 * counts when both are sent. Undefined where any sign-in will do.
 */
export function requestedAcr(params: RequestedParams): RequestedAcr | undefined {
  const claimed = requestedClaims(params).id_token?.acr;
  if (claimed?.essential === true) return claimed;
  const values = params.acr_values?.split(' ').filter(isAcr) ?? [];
  return [claimed, { essential: false, values }].find(asksForSecondFactor);
}

/** True if a password alone would not do. */
export const asksForSecondFactor = (asked: RequestedAcr | undefined): boolean =>
  asked?.values.includes('mfa') === true && !asked.values.includes('pwd');

/**
 * Whether the app gets what it asked for. `mfa` is more than a voluntary `pwd`; an essential value has to be the very one
 * (OpenID Connect Core section 5.5.1.1).
 */
export function isMet(asked: RequestedAcr | undefined, acr: string | undefined): boolean {
  if (asked?.essential === true) return asked.values.some((value) => value === acr);
  return acr === 'mfa' || !asksForSecondFactor(asked);
}
