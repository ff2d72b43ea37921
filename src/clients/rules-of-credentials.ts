// How a client proves who it is: secrets, or keys, or nothing, but never a mixture.

import { isProductRole } from '../config/roles/role-names.ts';
import { parsePlainUrl } from '../config/urls.ts';
import type { ClientDraft, Finding, Rule } from './client-draft.ts';
import { authMethodOf } from './presets.ts';

export const credentialRules: readonly Rule[] = [secretsFit, keysFit, publicClientsUsePkce, assignedRolesAreFree];

function* secretsFit({ file, isSound }: ClientDraft): Iterable<Finding> {
  const method = authMethodOf(file);
  if (method === undefined || !isSound('client_secrets', 'token_endpoint_auth_method', 'preset')) return;
  const path = ['client_secrets'];
  const isSecretBased = method === 'client_secret_basic' || method === 'client_secret_post';
  if (isSecretBased && (file.client_secrets ?? []).length === 0) {
    yield { path, message: `${method} needs at least one secret` };
  }
  if (!isSecretBased && file.client_secrets !== undefined) {
    const reason = method === 'none' ? 'a public client cannot keep a secret' : `${method} uses a key, not a secret`;
    yield { path, message: `${reason}; leave it out` };
  }
}

function* keysFit({ file, isSound }: ClientDraft): Iterable<Finding> {
  const { jwks, jwks_uri: jwksUri } = file;
  if (jwksUri !== undefined) {
    const parsed = parsePlainUrl(jwksUri);
    const isHttps = parsed.outcome === 'parsed' && parsed.url.protocol === 'https:';
    const problem = parsed.outcome === 'refused' ? parsed.problem : isHttps ? undefined : 'must be an https URL';
    if (problem !== undefined) yield { path: ['jwks_uri'], message: problem };
  }
  if (jwks !== undefined && jwksUri !== undefined) {
    yield { path: ['jwks_uri'], message: 'is stated together with jwks; expected one of them' };
  }
  const method = authMethodOf(file);
  if (method === undefined || !isSound('jwks', 'jwks_uri', 'token_endpoint_auth_method', 'preset')) return;
  const stated = jwks !== undefined ? 'jwks' : jwksUri !== undefined ? 'jwks_uri' : undefined;
  if (method === 'private_key_jwt' && stated === undefined) {
    yield { path: ['token_endpoint_auth_method'], message: 'private_key_jwt needs jwks or jwks_uri' };
  }
  if (method !== 'private_key_jwt' && stated !== undefined) {
    yield { path: [stated], message: `${method} uses no keys; leave it out, or state private_key_jwt` };
  }
  if (method !== 'private_key_jwt' && file.assertion_audience !== undefined) {
    yield {
      path: ['assertion_audience'],
      message: `${method} sends no assertions; leave it out, or state private_key_jwt`,
    };
  }
}

/** RFC 9700 section 2.1.1: public clients must use PKCE. */
function* publicClientsUsePkce({ file }: ClientDraft): Iterable<Finding> {
  if (file.require_pkce === false && authMethodOf(file) === 'none') {
    yield {
      path: ['require_pkce'],
      message: 'a public client cannot do without PKCE; false is for confidential clients',
    };
  }
}

function* assignedRolesAreFree({ file }: ClientDraft): Iterable<Finding> {
  for (const [index, role] of (file.roles?.assign ?? []).entries()) {
    if (!isProductRole(role)) continue;
    yield { path: ['roles', 'assign', index], message: 'is a role of the product itself and cannot be assigned here' };
  }
}
