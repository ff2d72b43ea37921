// The operations as OpenAPI 3.1, from the very schemas that check what is sent.
import { z } from 'zod';
import { API_PATH } from '../config/roles/product-api.ts';
import { PRODUCT_PERMISSIONS } from '../config/roles/product-permissions.ts';
import { tokenUrl } from '../provider/access.ts';
import type { Operation } from './operation.ts';
import { problemSchema } from './problem.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Described {
  readonly issuer: string;
  readonly name: string;
}

export function openApi(operations: readonly Operation[], { issuer, name }: Described): Json {
  const schemas = new NamedSchemas();
  const problem = schemas.refTo(problemSchema, 'output');
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][operation.method.toLowerCase()] = described(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: `${name}: administration`, version: '1', description: ABOUT },
    servers: [{ url: `${issuer}${API_PATH}` }],
    tags: TAGS.map((tag) => ({ name: tag })),
    paths,
    components: {
      schemas: schemas.all(),
      responses: {
        Problem: { description: 'Refused.', content: { 'application/problem+json': { schema: problem } } },
      },
      securitySchemes: { token: securityScheme(issuer) },
    },
  };
}

const ABOUT = `What the console does, for programs. Send an access token that a service client was given for itself
(client_credentials, with this server as the resource), as Bearer, or as DPoP with a proof (RFC 9449). A call needs the permission
it names, as a scope of the token and through a role of the client. Errors are problem details (RFC 9457). Lists come in pages:
go on with the value of next as the parameter cursor, or with the address in Link. What can be changed has a strong ETag:
send it back in If-Match. RateLimit says how many requests the client has left; 429 comes with Retry-After.`.replaceAll(
  '\n',
  ' ',
);

const TAGS = ['Accounts', 'Access', 'Clients', 'Sessions', 'Audit', 'Server'] as const satisfies Operation['tag'][];

const securityScheme = (issuer: string): Json => ({
  type: 'oauth2',
  description: `A token for the resource ${issuer}${API_PATH}.`,
  flows: { clientCredentials: { tokenUrl: tokenUrl({ issuer }), scopes: PRODUCT_PERMISSIONS } },
});

export const permissionsFor = ({ needs, shows }: Operation): readonly string[] =>
  shows === undefined ? [needs] : [needs, shows];

function described(operation: Operation, schemas: NamedSchemas): Json {
  const { id, tag, summary, description, success, body } = operation;
  const needs = permissionsFor(operation);
  const type = success.type ?? 'application/json';
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: `${description === undefined ? '' : `${description} `}Needs ${needs.join(' and ')}.`,
    security: [{ token: needs }],
    parameters: [
      ...parameters(operation.params, 'path'),
      ...parameters(operation.query, 'query'),
      ...(operation.ifMatch === undefined ? [] : [ifMatch(operation.ifMatch)]),
    ],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemas.refTo(body, 'input') } } },
    }),
    responses: {
      [success.status]: {
        description: success.description,
        ...(success.schema && { content: { [type]: { schema: schemas.refTo(success.schema, 'output') } } }),
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function parameters(schema: z.ZodObject<z.ZodRawShape>, where: 'path' | 'query'): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as { description?: string };
    return {
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(description && { description }),
      schema: rest,
    };
  });
}

const ifMatch = (kind: 'required' | 'optional'): Json => ({
  name: 'If-Match',
  in: 'header',
  required: kind === 'required',
  description: 'The ETag of what was read. Refused with 412 when it is not the one any more.',
  schema: { type: 'string' },
});

/** Schemas that have an id stand once, among the components. */
class NamedSchemas {
  readonly #named = new Map<string, Json>();

  refTo(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ root: schema }), { io, unrepresentable: 'any' });
    for (const [id, definition] of Object.entries($defs)) this.#named.set(id, relocated(definition));
    return relocated(properties?.['root']);
  }

  all(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

const relocated = (schema: unknown): Json =>
  JSON.parse(
    JSON.stringify(schema)
      .replaceAll('"#/$defs/', '"#/components/schemas/')
      // Of every whole number; they say nothing.
      .replaceAll(`"minimum":${Number.MIN_SAFE_INTEGER},"maximum":${Number.MAX_SAFE_INTEGER}`, '"format":"int64"'),
  );
