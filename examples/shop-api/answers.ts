// The answers of this API: JSON, problem details (RFC 9457), and the challenges of RFC 6750 and RFC 9470.
import type { ServerResponse } from 'node:http';
import type { Lack } from './requirements.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export const ok = (body: Answer['body']): Answer => ({ status: 200, body });

export const problem = (
  status: number,
  title: string,
  { detail, headers, ...more }: { detail?: string; headers?: Record<string, string>; [member: string]: unknown } = {},
): Answer => ({
  status,
  headers: { 'Content-Type': 'application/problem+json', ...headers },
  body: { type: 'about:blank', title, status, ...(detail !== undefined && { detail }), ...more },
});

/** What a caller reads about this API before it has a token for it. */
export interface Realm {
  readonly name: string;
  /** Where the metadata of RFC 9728 is, if there is any. */
  readonly metadataUrl: string | undefined;
}

export type Challenges = ReturnType<typeof createChallenges>;

export function createChallenges({ name, metadataUrl }: Realm) {
  const challenged = (status: number, title: string, parameters: Readonly<Record<string, string>>): Answer => {
    const all = { realm: name, ...parameters, ...(metadataUrl !== undefined && { resource_metadata: metadataUrl }) };
    const challenge = Object.entries(all).map(([key, value]) => `${key}=${quoted(value)}`);
    const detail = parameters['error_description'];
    return problem(status, title, {
      headers: { 'WWW-Authenticate': `Bearer ${challenge.join(', ')}` },
      ...(detail !== undefined && { detail }),
    });
  };

  return {
    /** RFC 6750 section 3.1: who sent no token hears no error code. */
    noToken: (): Answer => challenged(401, 'An access token is needed', {}),
    malformed: (description: string): Answer =>
      challenged(400, 'The request is malformed', { error: 'invalid_request', error_description: description }),
    invalidToken: (description: string): Answer =>
      challenged(401, 'The access token is not accepted', { error: 'invalid_token', error_description: description }),
    lacking: (lack: Lack): Answer => {
      switch (lack.lacks) {
        case 'scope':
          return challenged(403, 'The app may not do this', {
            error: 'insufficient_scope',
            error_description: 'the access token lacks a scope',
            scope: lack.scope,
          });
        // No other token would help, so there is nothing to ask for: a plain 403, and no challenge.
        case 'role':
          return problem(403, 'The person may not do this', {
            detail: `This needs the role ${lack.roles.join(' or ')}.`,
          });
        case 'permission':
          return problem(403, 'The person may not do this', {
            detail: `This needs the permission ${lack.permission}.`,
          });
        // RFC 9470 section 3. All of it is named, met or not, so that one round suffices.
        case 'authentication':
          return challenged(401, 'The person has to prove again who they are', {
            error: 'insufficient_user_authentication',
            error_description: 'a more recent or stronger authentication is required',
            acr_values: lack.authentication.acr,
            max_age: String(lack.authentication.maxAgeSeconds),
          });
      }
    },
  };
}

/** A quoted-string of RFC 9110 section 5.6.4. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** No CORS headers: this API is called by servers, and no browser is to call it from a page. */
export function send(response: ServerResponse, { status, headers, body }: Answer, { isHttps }: { isHttps: boolean }) {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    ...(isHttps && { 'Strict-Transport-Security': 'max-age=31536000' }),
    ...headers,
  });
  response.end(`${JSON.stringify(body)}\n`);
}
