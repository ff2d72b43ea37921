// What a preset rules out, so that a file cannot say two things at once.
import type { ClientDraft, Finding, Rule } from './client-draft.ts';
import type { ClientKey } from './client-file.ts';
import { authMethodOf, grantTypesOf, PRESETS } from './presets.ts';
import { DEFAULT_ROLE_FORMAT, roleClaimProblem, topClaimOf } from './rights/role-format.ts';

/** Keys that mean something only where a person signs in. */
const SIGN_IN_KEYS: readonly ClientKey[] = [
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'scope',
  'require_pkce',
  'require_pushed_authorization_requests',
  'consent',
  'access',
  'id_token_claims',
  'allowed_origins',
];

export const presetRules: readonly Rule[] = [
  authMethodFits,
  grantTypesFit,
  signInKeysFit,
  redirectUrisStated,
  rolesFit,
  roleClaimFits,
];

function* authMethodFits({ file: { preset, token_endpoint_auth_method: method } }: ClientDraft): Iterable<Finding> {
  if (preset === undefined || method === undefined || PRESETS[preset].authMethods.includes(method)) return;
  const message =
    method === 'none'
      ? `preset ${preset} has a secret or a key of its own; a public client is preset spa or native`
      : `preset ${preset} runs on its user's device and can keep no secret; expected "none"`;
  yield { path: ['token_endpoint_auth_method'], message };
}

function* grantTypesFit({ file, isSound }: ClientDraft): Iterable<Finding> {
  const { preset, grant_types: stated = [] } = file;
  if (preset === undefined) return;
  const { grantTypes, isInteractive } = PRESETS[preset];
  for (const [index, grantType] of stated.entries()) {
    if (grantTypes.includes(grantType)) continue;
    yield { path: ['grant_types', index], message: `preset ${preset} allows ${grantTypes.join(', ')} only` };
  }
  const granted = grantTypesOf(file) ?? [];
  const needed = isInteractive ? 'authorization_code' : 'client_credentials';
  if (isSound('grant_types') && !granted.includes(needed)) {
    yield { path: ['grant_types'], message: `preset ${preset} needs ${needed}` };
  }
  if (
    isSound('grant_types') &&
    file.scope?.split(' ').includes('offline_access') &&
    !granted.includes('refresh_token')
  ) {
    yield { path: ['scope'], message: 'offline_access needs refresh_token among the grant_types' };
  }
}

function* signInKeysFit({ file }: ClientDraft): Iterable<Finding> {
  if (file.preset !== 'service') return;
  for (const key of SIGN_IN_KEYS) {
    if (file[key] !== undefined) yield { path: [key], message: 'nobody signs in through preset service; leave it out' };
  }
  if (file.roles?.include !== undefined) {
    yield {
      path: ['roles', 'include'],
      message: 'nobody signs in through preset service; its roles stand in roles.assign',
    };
  }
}

function* redirectUrisStated({ file, isSound }: ClientDraft): Iterable<Finding> {
  if (file.preset === undefined || !PRESETS[file.preset].isInteractive || !isSound('redirect_uris')) return;
  if ((file.redirect_uris ?? []).length > 0) return;
  yield { path: ['redirect_uris'], message: `preset ${file.preset} needs at least one` };
}

function* rolesFit({ file }: ClientDraft): Iterable<Finding> {
  const { preset, roles } = file;
  if (preset !== undefined && preset !== 'service' && roles?.assign !== undefined) {
    yield { path: ['roles', 'assign'], message: `only preset service has roles of its own, not ${preset}` };
  }
  if (preset !== undefined && authMethodOf(file) === 'none' && file.introspect !== undefined) {
    yield { path: ['introspect'], message: 'a public client cannot prove who it is, so it may introspect no tokens' };
  }
}

function* roleClaimFits({ file: { preset, roles, scope } }: ClientDraft): Iterable<Finding> {
  const { claim, as: form = DEFAULT_ROLE_FORMAT.as } = roles ?? {};
  if (form === 'nested' && claim === undefined) {
    yield { path: ['roles', 'as'], message: 'nested needs claim, with dots in it, such as realm_access.roles' };
  }
  if (preset === 'service' && roles?.in !== undefined && !roles.in.includes('access_token')) {
    yield { path: ['roles', 'in'], message: 'preset service has access tokens only; expected access_token among them' };
  }
  if (claim === undefined) return;
  const message = roleClaimProblem(claim, form);
  if (message !== undefined) yield { path: ['roles', 'claim'], message };
  const top = topClaimOf({ claim, as: form });
  if (top === 'groups' && scope?.split(' ').includes('groups')) {
    yield {
      path: ['roles', 'claim'],
      message: 'the scope groups asks for groups under this claim; leave one of them out',
    };
  }
}
