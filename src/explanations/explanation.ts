// Facts become an explanation, held against the client files of the moment: what is wrong, where, what to write.
import type { Client, ClientRegistry } from '../clients/client.ts';
import { type Comparison, compare } from './comparison.ts';
import { placeOf } from './diagnose.ts';
import type { Case, ClientKey, Facts } from './facts.ts';
import { suggestedYaml } from './suggested-yaml.ts';

export interface Explanation {
  readonly case: Case;
  /** Of both texts: of every case `client`, `received` and `expected`; others by case. */
  readonly values: Readonly<Record<string, string>>;
  readonly received: string | undefined;
  readonly expected: readonly string[];
  /** With the first of those expected. */
  readonly comparison: Comparison | undefined;
  readonly place: { readonly file: string; readonly line: number; readonly key: ClientKey | undefined } | undefined;
  /** What to write there. */
  readonly yaml: string | undefined;
  /** What has become of it since. */
  readonly since: Since;
}

export type Since =
  | { readonly is: 'same' }
  /** The file allows now what was refused then. */
  | { readonly is: 'allowed' }
  | { readonly is: 'changed'; readonly now: readonly string[] }
  | { readonly is: 'removed' };

export interface Circumstances {
  readonly clientId: string | undefined;
  readonly clients: ClientRegistry;
}

const COMPARED: ReadonlySet<Case> = new Set<Case>([
  'redirect_uri.unregistered',
  'redirect_uri.at_token',
  'post_logout_redirect_uri.unregistered',
]);

export function explain(facts: Facts, { clientId, clients }: Circumstances): Explanation {
  const client = clients.get(clientId ?? (facts.case === 'client.unknown' ? (facts.received ?? '') : ''));
  const { received, expected = [], key } = facts;
  const nearest = expected[0];
  const place = client === undefined ? facts.place : placeOf(client.source, key);
  return {
    case: facts.case,
    values: {
      client: clientId ?? received ?? '',
      received: received ?? '',
      expected: expected.join(', '),
      description: facts.description ?? facts.error ?? '',
      ...facts.values,
    },
    received,
    expected,
    comparison:
      COMPARED.has(facts.case) && received !== undefined && nearest !== undefined
        ? compare(received, nearest)
        : undefined,
    place: place === undefined ? undefined : { ...place, key },
    yaml: client === undefined ? undefined : suggestedYaml(facts, client),
    since: sinceThen(facts, client),
  };
}

/** What the list under the key refused then, it may allow by now. Others are mistakes whatever the file says. */
const REFUSED_BY_FILE: ReadonlySet<Case> = new Set<Case>([
  'redirect_uri.unregistered',
  'post_logout_redirect_uri.unregistered',
  'scope.not_allowed',
  'resource.not_allowed',
  'grant_type.not_allowed',
  'authentication.method',
  'authentication.public',
]);

function sinceThen(facts: Facts, client: Client | undefined): Since {
  if (facts.case === 'client.unknown') return { is: client === undefined ? 'same' : 'allowed' };
  if (client === undefined) return { is: facts.place === undefined ? 'same' : 'removed' };
  const now = REFUSED_BY_FILE.has(facts.case) ? valuesOf(client, facts.key) : undefined;
  if (now === undefined || facts.received === undefined) return { is: 'same' };
  if (facts.received !== '' && asWords(facts).every((word) => now.includes(word))) return { is: 'allowed' };
  const then = new Set(facts.expected);
  const isSame = now.length === then.size ? now.every((value) => then.has(value)) : then.size > 0 && now.length > 10;
  return isSame ? { is: 'same' } : { is: 'changed', now };
}

const asWords = ({ key, received = '' }: Facts): readonly string[] =>
  key === 'scope' ? received.split(' ') : [received];

/** What the file says under a key that holds a list, or one of a few words. */
export function valuesOf(client: Client, key: ClientKey | undefined): readonly string[] | undefined {
  switch (key) {
    case 'redirect_uris':
      return client.redirectUris;
    case 'post_logout_redirect_uris':
      return client.postLogoutRedirectUris;
    case 'grant_types':
      return client.grantTypes;
    case 'scope':
      return client.scopes;
    case 'resources':
      return [...client.resources.keys()];
    case 'token_endpoint_auth_method':
      return [client.tokenEndpointAuthMethod];
    default:
      return undefined;
  }
}
