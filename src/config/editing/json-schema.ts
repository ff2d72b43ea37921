// The definitions of our files as JSON Schema, so that editors complete and check what the server will check again.
import { z } from 'zod';

export type JsonSchema = { [key: string]: unknown };

/** The line that tells editors (yaml-language-server) where the schema of a file is. */
export const schemaLine = (path: string): string => `# yaml-language-server: $schema=${path}`;

/** What `interpolate` takes for a variable. It may stand wherever a scalar may. */
const VARIABLE: JsonSchema = {
  description: `A value from the environment: \${VAR}, \${VAR:-default} or \${VAR:?message}.`,
  type: 'string',
  pattern: String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*(:[-?][^{}]*)?\}`,
};

/**
 * Draft 7, which editors know best. It has the same keys, types and bounds as the validation; what only code can check
 * (addresses, names, rules between keys) is left to the validation.
 */
export function jsonSchemaOf(file: z.ZodObject, { title }: { title: string }): JsonSchema {
  const { $schema, ...generated } = z.toJSONSchema(file, { target: 'draft-7', io: 'input' });
  return { $schema, title, ...withVariables(generated), definitions: { variable: VARIABLE } };
}

export const schemaText = (schema: JsonSchema): string => `${JSON.stringify(schema, undefined, 2)}\n`;

/** Numbers, booleans and words out of a list may be variables too; other text may be anyway. */
function withVariables(schema: JsonSchema): JsonSchema {
  const { description, default: standard, ...rest } = schema;
  const isChoice = 'enum' in schema || ['integer', 'number', 'boolean'].includes(String(schema['type']));
  return {
    ...(description === undefined ? {} : { description }),
    ...(isWorthShowing(standard) ? { default: standard } : {}),
    ...(isChoice ? { anyOf: [rest, { $ref: '#/definitions/variable' }] } : inside(rest)),
  };
}

/** The default of a section is that of its keys. */
const isWorthShowing = (standard: unknown): boolean =>
  standard !== undefined && (typeof standard !== 'object' || Array.isArray(standard));

function inside(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(isSchema(properties) ? { properties: mapValues(properties, withVariables) } : {}),
    ...(isSchema(items) ? { items: withVariables(items) } : {}),
    ...(isSchema(additionalProperties) ? { additionalProperties: withVariables(additionalProperties) } : {}),
  };
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

const mapValues = (object: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, isSchema(value) ? change(value) : value]));
