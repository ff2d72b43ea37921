// Holds a YAML document against a strict schema and says, line by line, what does not fit.
import { z } from 'zod';
import { nearest } from './did-you-mean.ts';
import { dotted, type Path, type Problem } from './problem.ts';
import { keysAt, pathsOfKey, schemaAt } from './shape-keys.ts';
import { expectedInstead, kindOf } from './shape-messages.ts';
import type { YamlDocument } from './yaml-document.ts';
import { valueAt } from './yaml-values.ts';

export interface Shape<T> {
  /** Undefined when there are problems. */
  readonly complete: T | undefined;
  /** What fits, so that further rules can be checked too; a top-level key with a problem in it is left out. */
  readonly value: Partial<T>;
  /** Top-level keys that have problems: rules about them would only complain twice. */
  readonly broken: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/**
 * The schema must be a strict object. Text that came out of a variable is taken as a number or a boolean
 * where one is expected (`port: ${PORT:-3000}`), never the other way round.
 */
export function checkShape<S extends z.ZodObject>(schema: S, document: YamlDocument): Shape<z.output<S>> {
  const candidate = structuredClone(document.value);
  let result = schema.safeParse(candidate);
  const changed = result.error?.issues.filter((issue) => takeAsExpected(document, candidate, issue)) ?? [];
  if (changed.length > 0) result = schema.safeParse(candidate);

  const issues = result.error?.issues ?? [];
  const broken = new Set([...document.unreadableKeys, ...issues.flatMap((issue) => brokenKeys(schema, issue))]);
  const misspelt = new Set(issues.flatMap((issue) => meantPaths(schema, issue)));
  const problems = issues
    .flatMap((issue) => findingsOf(schema, candidate, issue))
    .filter(({ path }) => !document.isUnreadable(path))
    .filter(({ path }) => valueAt(candidate, path) !== undefined || !misspelt.has(dotted(path)))
    .map(({ path, message }) => ({ file: document.file, line: document.lineOf(path), path: dotted(path), message }));
  const complete = result.success && broken.size === 0 ? result.data : undefined;
  return { complete, value: complete ?? remainder(schema, candidate, broken), broken, problems };
}

function takeAsExpected(document: YamlDocument, candidate: unknown, issue: z.core.$ZodIssue): boolean {
  const path = plainPath(issue.path);
  if (issue.code !== 'invalid_type' || path.length === 0 || !document.isInterpolated(path)) return false;
  const text = valueAt(candidate, path);
  const value = typeof text === 'string' ? asScalar(text, issue.expected) : undefined;
  const holder = valueAt(candidate, path.slice(0, -1));
  const key = path.at(-1);
  if (value === undefined || key === undefined || typeof holder !== 'object' || holder === null) return false;
  return Reflect.set(holder, key, value);
}

function asScalar(text: string, expected: string): number | boolean | undefined {
  if (expected === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  const isNumber = (expected === 'number' || expected === 'int') && /^[-+]?\d+(?:\.\d+)?$/.test(text);
  return isNumber ? Number(text) : undefined;
}

interface Finding {
  readonly path: Path;
  readonly message: string;
}

function findingsOf(schema: z.ZodObject, value: unknown, issue: z.core.$ZodIssue): readonly Finding[] {
  const path = plainPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(schema, path, key) }));
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues.map((inner) => inner.message).join('; ');
    return [{ path, message }, ...findingsBehindKey(schema, value, path)];
  }
  return [{ path, message: expectedInstead(issue, valueAt(value, path)) }];
}

/** The schema does not look at the value of a key it refuses; its problems are told in the same run all the same. */
function findingsBehindKey(schema: z.ZodObject, value: unknown, path: Path): readonly Finding[] {
  const expected = schemaAt(schema, path);
  const result = expected === undefined ? undefined : z.safeParse(expected, valueAt(value, path));
  const issues = result?.error?.issues ?? [];
  return issues.flatMap((issue) => findingsOf(schema, value, { ...issue, path: [...path, ...issue.path] }));
}

function unknownKey(schema: z.ZodObject, path: Path, key: string): string {
  const neighbour = nearest(key, keysAt(schema, path));
  const meant = neighbour ?? pathsOfKey(schema, key)[0];
  return `unknown key${meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`}`;
}

/** Where misspelt keys were meant to be: what stands there under the wrong name is not "missing". */
function meantPaths(schema: z.ZodObject, issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const path = plainPath(issue.path);
  return issue.keys.flatMap((key) => {
    const meant = nearest(key, keysAt(schema, path));
    return meant === undefined ? [] : [dotted([...path, meant])];
  });
}

function brokenKeys(schema: z.ZodObject, issue: z.core.$ZodIssue): readonly string[] {
  const [top] = plainPath(issue.path);
  if (top !== undefined) return [String(top)];
  return issue.code === 'unrecognized_keys' ? [...issue.keys, ...meantPaths(schema, issue)] : [];
}

function remainder<S extends z.ZodObject>(schema: S, candidate: unknown, broken: ReadonlySet<string>) {
  if (kindOf(candidate) !== 'mapping') return {};
  const without = (value: object) => Object.fromEntries(Object.entries(value).filter(([key]) => !broken.has(key)));
  const result = schema.partial().safeParse(without(candidate ?? {}));
  // Once more: the schema fills in the default of what was left out.
  return result.success ? (without(result.data) as Partial<z.output<S>>) : {};
}

const plainPath = (path: readonly PropertyKey[]): Path =>
  path.map((part) => (typeof part === 'number' ? part : String(part)));
