// Service clients that administer a test server through its API, with real tokens from /token.
import { expect } from 'vitest';
import type { ApiDeps } from '../../src/api/deps.ts';
import type { Operation } from '../../src/api/operation.ts';
import { problemSchema } from '../../src/api/problem.ts';
import { operationsOf } from '../../src/api/routes.ts';
import { ALL_PRODUCT_PERMISSIONS } from '../../src/config/roles/product-permissions.ts';
import { grantClientRole } from '../../src/roles/client-roles.ts';
import { type TestServer, WEB_SECRET } from './start-server.ts';

/** No verb is called, so none of them needs anything. */
export const OPERATIONS: readonly Operation[] = operationsOf({} as ApiDeps);

/** A service that may ask for these scopes of the API. */
export const serviceFile = (
  clientId: string,
  scopes: readonly string[] = ALL_PRODUCT_PERMISSIONS,
  more = '',
): string => `
client_id: ${clientId}
preset: service
client_secrets: [{ value: "${WEB_SECRET}" }]
resources: { gatehouse: [${scopes.join(', ')}] }
${more}`;

/** Client files for \`clients\` of a test server: who may all, and one more like it. */
export const PROGRAMS = { keeper: serviceFile('keeper'), second: serviceFile('second') };

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where there is none. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Program {
  readonly token: string;
  call(method: string, path: string, sent?: Sent): Promise<Answered>;
}

type Addressed = Pick<TestServer, 'issuer'>;

export const base = (server: Addressed): string => `${server.issuer}/api/v1`;

/** With a token for all that it may ask for, and these roles. */
export async function program(
  server: TestServer,
  {
    clientId = 'keeper',
    roles = ['gatehouse:admin'],
    scope,
  }: { clientId?: string; roles?: readonly string[]; scope?: string } = {},
): Promise<Program> {
  for (const role of roles) await grantClientRole(server.database.db, { clientId, role });
  const token = await tokenFor(server, { clientId, scope: scope ?? ALL_PRODUCT_PERMISSIONS.join(' ') });
  return { token, call: (method, path, sent) => call(server, method, path, { ...sent, token }) };
}

export async function tokenFor(
  server: Addressed,
  {
    clientId,
    scope,
    resource = base(server),
    headers = {},
  }: { clientId: string; scope: string; resource?: string; headers?: Record<string, string> },
): Promise<string> {
  const response = await fetch(`${server.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${WEB_SECRET}`)}`, ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** Every answer is held against what the operation says that it answers. */
export async function call(
  server: Addressed,
  method: string,
  path: string,
  { body, headers = {}, token }: Sent & { token?: string } = {},
): Promise<Answered> {
  const response = await fetch(`${base(server)}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const answered = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : isJson ? JSON.parse(text) : text,
  };
  expectAsDescribed(method, path, answered);
  return answered;
}

function expectAsDescribed(method: string, path: string, { status, headers, body }: Answered): void {
  if (status >= 400) {
    if (method === 'HEAD') return;
    expect(headers.get('content-type'), `${method} ${path}`).toMatch(/^application\/problem\+json/);
    expect(problemSchema.parse(body)).toMatchObject({ status });
    return;
  }
  const operation = operationAt(method, path);
  if (operation === undefined || status === 304 || method === 'HEAD') return;
  expect(status, `${method} ${path}`).toBe(operation.success.status);
  const { schema } = operation.success;
  if (schema === undefined) expect(body).toBeUndefined();
  else if (operation.success.type === undefined) expect(schema.parse(body)).toEqual(body);
}

export function operationAt(method: string, path: string): Operation | undefined {
  const [plain = ''] = path.split('?');
  return OPERATIONS.find(
    (each) =>
      each.method === (method === 'HEAD' ? 'GET' : method) &&
      new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(plain),
  );
}
