// Values of the attributes that gatehouse.yaml declares: from what was typed, and back from what is stored.
import type { Attribute } from '../config/config.ts';
import { lineUpTo, type Reading } from './profile-claims.ts';

export type AttributeValue = string | number | boolean | readonly string[];

const LONGEST_TEXT = 200;
const LONGEST_ENTRY = 100;
const MOST_ENTRIES = 20;

/** `typed` is not empty; the entries of a list stand in lines of their own. */
export function readAttribute(attribute: Attribute, typed: string): Reading<AttributeValue> {
  switch (attribute.type) {
    case 'string':
      return lineUpTo(LONGEST_TEXT)(typed, NEVER);
    case 'number':
      return /^-?\d{1,15}(?:\.\d{1,6})?$/.test(typed.trim())
        ? { value: Number(typed) }
        : { problem: 'profile.problem.number' };
    case 'boolean':
      return readBoolean(typed.trim().toLowerCase());
    case 'enum':
      return oneOf(attribute, typed.trim());
    case 'list':
      return readList(attribute, typed);
  }
}

/** Rules of attributes ask for no day. */
const NEVER = new Date(0);

function readBoolean(typed: string): Reading<boolean> {
  if (['true', 'yes'].includes(typed)) return { value: true };
  return ['false', 'no'].includes(typed) ? { value: false } : { problem: 'profile.problem.boolean' };
}

const oneOf = ({ choices }: Attribute, typed: string): Reading =>
  choices.includes(typed)
    ? { value: typed }
    : { problem: 'profile.problem.choice', values: { choices: choices.join(', ') } };

function readList(attribute: Attribute, typed: string): Reading<readonly string[]> {
  const entries: string[] = [];
  for (const line of typed.split(/\r\n?|\n/)) {
    if (line.trim() === '') continue;
    const read = attribute.choices.length > 0 ? oneOf(attribute, line.trim()) : lineUpTo(LONGEST_ENTRY)(line, NEVER);
    if ('problem' in read) return read;
    if (!entries.includes(read.value)) entries.push(read.value);
  }
  return entries.length > MOST_ENTRIES
    ? { problem: 'profile.problem.list', values: { most: String(MOST_ENTRIES) } }
    : { value: entries };
}

/** Undefined for what is not there, or does not fit what is declared now: it was stored under another declaration. */
export function attributeValue(attribute: Attribute, stored: unknown): AttributeValue | undefined {
  switch (attribute.type) {
    case 'number':
      return typeof stored === 'number' ? stored : undefined;
    case 'boolean':
      return typeof stored === 'boolean' ? stored : undefined;
    case 'string':
      return typeof stored === 'string' ? stored : undefined;
    case 'enum':
      return typeof stored === 'string' && attribute.choices.includes(stored) ? stored : undefined;
    case 'list':
      return Array.isArray(stored) && stored.every((entry) => isEntry(attribute, entry)) ? stored : undefined;
  }
}

const isEntry = ({ choices }: Attribute, entry: unknown): entry is string =>
  typeof entry === 'string' && (choices.length === 0 || choices.includes(entry));

/** As somebody would type it. */
export const typedAs = (value: AttributeValue | undefined): string =>
  value === undefined ? '' : typeof value === 'object' ? value.join('\n') : String(value);
