// Which keys a schema knows, and where: the candidates for "did you mean".
import { z } from 'zod';
import type { Path } from './problem.ts';

/** The keys allowed in the mapping at this place; none when any key is allowed there. */
export function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  const object = schemaAt(schema, path);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** What the schema asks of the value at this place. */
export function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  let inner: z.core.$ZodType | undefined = schema;
  for (const part of path) inner = inner === undefined ? undefined : step(inner, part);
  return inner === undefined ? undefined : unwrapped(inner);
}

/** Dotted paths of every key of this name: somebody wrote `port` where `server.port` belongs. */
export const pathsOfKey = (schema: z.core.$ZodType, key: string): readonly string[] =>
  allPaths(schema).filter((path) => path.endsWith(`.${key}`));

/** Every key of the schema, dotted; entries of lists and free mappings are not followed. */
export function allPaths(schema: z.core.$ZodType, prefix = ''): readonly string[] {
  const object = unwrapped(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return Object.entries(object.shape).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...allPaths(inner, path)];
  });
}

function step(schema: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined {
  const outer = unwrapped(schema);
  if (outer instanceof z.ZodObject) return outer.shape[part];
  if (outer instanceof z.ZodArray) return outer.element;
  return outer instanceof z.ZodRecord ? outer.valueType : undefined;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.def.innerType) : schema;
}
