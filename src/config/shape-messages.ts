// Says in words what a schema expected and what was found there.
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';

type Issue = z.core.$ZodIssue;

/** "expected a whole number, found the text \"x\"". Values are shown only where no secret can stand. */
export function expectedInstead(issue: Issue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return found === undefined
        ? `is missing; expected ${KINDS[issue.expected] ?? issue.expected}`
        : `expected ${KINDS[issue.expected] ?? issue.expected}, found ${described(found)}${quotingHint(issue.expected, found)}`;
    case 'invalid_value':
      return oneOf(issue.values.map(String), found);
    case 'too_small':
      return `expected ${amount(issue.origin, 'at least', issue.minimum)}${foundNumber(found)}`;
    case 'too_big':
      return `expected ${amount(issue.origin, 'at most', issue.maximum)}${foundNumber(found)}`;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
};

function oneOf(values: readonly string[], found: unknown): string {
  const expected = `expected ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
  if (found === undefined) return `is missing; ${expected}`;
  if (typeof found !== 'string') return `${expected}, found ${described(found)}`;
  return `${expected}, found ${short(found)}${didYouMean(found, values)}`;
}

function amount(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `text of ${bound} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array') return `a list of ${bound} ${limit} entr${limit === 1 ? 'y' : 'ies'}`;
  return `${bound} ${limit}`;
}

const foundNumber = (found: unknown): string => (typeof found === 'number' ? `, found ${found}` : '');

export function kindOf(value: unknown): 'nothing' | 'list' | 'mapping' | 'text' | 'number' | 'boolean' {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'mapping';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
}

/** Text is not repeated: it may be a secret in the wrong place. */
function described(value: unknown): string {
  const kind = kindOf(value);
  if (kind === 'nothing') return 'nothing (leave the key out for its default)';
  if (kind === 'number' || kind === 'boolean') return String(value);
  return kind === 'text' ? 'text' : `a ${kind}`;
}

const quotingHint = (expected: string, found: unknown): string =>
  expected === 'string' && (typeof found === 'number' || typeof found === 'boolean') ? '; put it in quotes' : '';

const short = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
