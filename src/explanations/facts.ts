// What is kept under a reference: a case, and the values it is explained with. Sentences are made when somebody asks.

/** Each has two texts in the catalogues: `explain.<case>`, what is wrong, and `fix.<case>`, what to do. */
export type Case =
  | `redirect_uri.${'unregistered' | 'none_registered' | 'at_token'}`
  | 'post_logout_redirect_uri.unregistered'
  | 'client.unknown'
  | `pkce.${'missing' | 'method' | 'method_missing' | 'challenge_missing' | 'format'}`
  | `pkce.${'verifier_missing' | 'verifier_mismatch' | 'verifier_unexpected'}`
  | `scope.${'not_allowed' | 'malformed' | 'too_long' | 'not_granted' | 'openid_missing'}`
  | `resource.${'unknown' | 'not_allowed' | 'not_granted' | 'malformed' | 'several'}`
  | `authentication.${'missing' | 'method' | 'secret' | 'secret_expired' | 'public' | 'several' | 'malformed'}`
  | `assertion.${'audience' | 'expired' | 'lifetime' | 'algorithm' | 'issuer' | 'replayed' | 'claims' | 'signature'}`
  | `grant_type.${'not_allowed' | 'unsupported'}`
  | `code.${'unknown' | 'expired' | 'used' | 'other_client'}`
  | `refresh_token.${'unknown' | 'expired' | 'used' | 'other_client'}`
  | 'grant.ended'
  | `dpop.${'missing' | 'address' | 'method' | 'time' | 'nonce' | 'replayed' | 'key' | 'unexpected' | 'proof'}`
  | `pushed_request.${'unknown' | 'required' | 'address'}`
  | `parameter.${'missing' | 'repeated' | 'value' | 'unsupported'}`
  | `access_token.${'missing' | 'unknown' | 'scope'}`
  | `normal.${'sign_in' | 'somebody_else' | 'acr_unmet' | 'consent' | 'denied' | 'interaction'}`
  | 'acr.not_offered'
  | 'sign_in.over'
  | `access.${'role' | 'group' | 'attribute'}_missing`
  | 'host.foreign'
  | 'page.refused'
  | 'defect'
  | 'other';

/** Keys of a client file. */
export type ClientKey =
  | 'access'
  | 'client_id'
  | 'redirect_uris'
  | 'post_logout_redirect_uris'
  | 'grant_types'
  | 'token_endpoint_auth_method'
  | 'client_secrets'
  | 'jwks'
  | 'jwks_uri'
  | 'scope'
  | 'resources'
  | 'require_pkce'
  | 'require_pushed_authorization_requests'
  | 'dpop_bound_access_tokens';

export interface Facts {
  readonly case: Case;
  readonly endpoint?: string;
  readonly error?: string;
  readonly description?: string;
  readonly detail?: string;
  /** What came. */
  readonly received?: string;
  /** What would have been taken, the nearest first. */
  readonly expected?: readonly string[];
  /** The key of the client file that decides. */
  readonly key?: ClientKey;
  /** Where it stood at the time. */
  readonly place?: { readonly file: string; readonly line: number };
  /** For the sentences. */
  readonly values?: Readonly<Record<string, string>>;
}

/** What one kind of mistake is recognised as; the rest is the same for all. */
export type Diagnosis = Pick<Facts, 'case' | 'received' | 'expected' | 'key' | 'values'>;
