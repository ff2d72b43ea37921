// Every address a client file states: where people are sent, which scripts may call, what pages link to.
import { isLoopback, originProblem, parsePlainUrl } from '../config/urls.ts';
import type { ClientDraft, Finding, Rule } from './client-draft.ts';
import { redirectUriProblem } from './redirect-uris.ts';

export const addressRules: readonly Rule[] = [
  redirectsAreSafe,
  logoutUriIsAnEndpoint,
  originsAreOrigins,
  linksAreHttps,
];

function* redirectsAreSafe({ file }: ClientDraft): Iterable<Finding> {
  for (const key of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    for (const [index, uri] of (file[key] ?? []).entries()) {
      const message = redirectUriProblem(uri, file.preset);
      if (message !== undefined) yield { path: [key, index], message };
    }
  }
}

/** Back-Channel Logout 1.0 section 2.2: an absolute URI without a fragment; https, as what it carries is meant for one app. */
function* logoutUriIsAnEndpoint({ file, mode, isSound }: ClientDraft): Iterable<Finding> {
  const uri = file.backchannel_logout_uri;
  const required = file.backchannel_logout_session_required;
  if (uri === undefined) {
    if (required === undefined || !isSound('backchannel_logout_uri')) return;
    yield { path: ['backchannel_logout_session_required'], message: 'says nothing without backchannel_logout_uri' };
    return;
  }
  const path = ['backchannel_logout_uri'];
  const message = uri.includes('#') ? 'must not contain a fragment' : linkProblem(uri, mode);
  if (message !== undefined) yield { path, message };
  if (file.preset === 'native') yield { path, message: 'an installed app has no address the server could call' };
}

function* originsAreOrigins({ file }: ClientDraft): Iterable<Finding> {
  for (const [index, origin] of (file.allowed_origins ?? []).entries()) {
    const message = originProblem(origin);
    if (message !== undefined) yield { path: ['allowed_origins', index], message };
  }
}

function* linksAreHttps({ file, mode }: ClientDraft): Iterable<Finding> {
  for (const key of ['client_uri', 'policy_uri', 'tos_uri'] as const) {
    const text = file[key];
    const message = text === undefined ? undefined : linkProblem(text, mode);
    if (message !== undefined) yield { path: [key], message };
  }
}

function linkProblem(text: string, mode: ClientDraft['mode']): string | undefined {
  const parsed = parsePlainUrl(text);
  if (parsed.outcome === 'refused') return parsed.problem;
  const { url } = parsed;
  if (url.protocol === 'https:') return undefined;
  const isLocal = url.protocol === 'http:' && isLoopback(url);
  if (isLocal && mode !== 'production') return undefined;
  return isLocal ? 'must be https in production' : 'must be an https URL';
}
