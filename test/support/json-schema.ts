// As much of JSON Schema (draft 7) as our schemas use. A keyword it does not know is an error, not a pass.

export type Schema = { readonly [keyword: string]: unknown };

/** `path: what is wrong` for everything that does not fit; none when the value fits. */
export const misfits = (root: Schema, value: unknown): string[] => check({ root, path: '' }, root, value);

interface Place {
  readonly root: Schema;
  readonly path: string;
}

type Check = (place: Place, argument: unknown, value: unknown, schema: Schema) => string[];

function check(place: Place, schema: Schema, value: unknown): string[] {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    const known = KEYWORDS[keyword];
    if (known === undefined) throw new Error(`the checker does not know the keyword ${keyword}`);
    return known(place, argument, value, schema);
  });
}

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fits = (place: Place, schema: unknown, value: unknown) => check(place, schema as Schema, value).length === 0;

const when =
  <T>(guard: (value: unknown) => value is T, isWrong: (value: T, argument: never) => boolean, says: string): Check =>
  ({ path }, argument, value) =>
    guard(value) && isWrong(value, argument as never) ? [`${path}: ${says} ${JSON.stringify(argument)}`] : [];

const isNumber = (value: unknown) => typeof value === 'number';
const isText = (value: unknown) => typeof value === 'string';
const isList = (value: unknown): value is unknown[] => Array.isArray(value);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: isText,
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  array: isList,
  object: isObject,
};

const nothing: Check = () => [];

const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: nothing,
  title: nothing,
  description: nothing,
  default: nothing,
  definitions: nothing,
  type: ({ path }, type, value) => (TYPES[String(type)]?.(value) === true ? [] : [`${path}: expected ${type}`]),
  enum: ({ path }, words, value) => ((words as unknown[]).includes(value) ? [] : [`${path}: expected one of ${words}`]),
  $ref: (place, name, value) => {
    const definitions = place.root['definitions'] as Record<string, Schema>;
    const schema = definitions[String(name).replace('#/definitions/', '')];
    if (schema === undefined) throw new Error(`${name} leads nowhere`);
    return check(place, schema, value);
  },
  anyOf: (place, schemas, value) =>
    (schemas as Schema[]).some((schema) => fits(place, schema, value)) ? [] : [`${place.path}: fits none of several`],
  oneOf: (place, schemas, value) =>
    (schemas as Schema[]).filter((schema) => fits(place, schema, value)).length === 1
      ? []
      : [`${place.path}: fits not exactly one of several`],
  minimum: when(isNumber, (value, least: number) => value < least, 'expected at least'),
  maximum: when(isNumber, (value, most: number) => value > most, 'expected at most'),
  minLength: when(isText, (value, least: number) => value.length < least, 'shorter than'),
  pattern: when(isText, (value, pattern: string) => !new RegExp(pattern, 'u').test(value), 'does not match'),
  minItems: when(isList, (value, least: number) => value.length < least, 'fewer entries than'),
  uniqueItems: when(
    isList,
    (value) => new Set(value.map((entry) => JSON.stringify(entry))).size < value.length,
    'unique',
  ),
  items: (place, schema, value) =>
    isList(value)
      ? value.flatMap((entry, index) => check({ ...place, path: `${place.path}[${index}]` }, schema as Schema, entry))
      : [],
  required: when(isObject, (value, keys: string[]) => keys.some((key) => !Object.hasOwn(value, key)), 'misses one of'),
  properties: (place, schemas, value) =>
    isObject(value)
      ? Object.entries(schemas as Record<string, Schema>).flatMap(([key, schema]) =>
          Object.hasOwn(value, key) ? check({ ...place, path: `${place.path}.${key}` }, schema, value[key]) : [],
        )
      : [],
  propertyNames: (place, schema, value) =>
    isObject(value) ? Object.keys(value).flatMap((key) => check(place, schema as Schema, key)) : [],
  additionalProperties: (place, others, value, { properties = {} }) => {
    if (!isObject(value)) return [];
    const extra = Object.keys(value).filter((key) => !Object.hasOwn(properties as object, key));
    if (others === false) return extra.map((key) => `${place.path}.${key}: unknown key`);
    return extra.flatMap((key) => check({ ...place, path: `${place.path}.${key}` }, others as Schema, value[key]));
  },
};

/** Every schema inside this one that describes a key, by path. */
export function keysOf(schema: Schema, path = ''): { path: string; schema: Schema }[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  const inner = [schema['items'], schema['additionalProperties']].filter(isObject);
  return [
    ...properties.flatMap(([key, each]) => [
      { path: `${path}.${key}`, schema: each },
      ...keysOf(each, `${path}.${key}`),
    ]),
    ...inner.flatMap((each) => keysOf(each, `${path}[]`)),
  ];
}
