// What a row says of a person beyond the name: standard claims, and attributes that the configuration declares.
import type { Attribute } from '../config/config.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import { type AttributeValue, readAttribute } from '../profiles/attribute-values.ts';
import { type ProfileClaim, type ProfileClaims, type Reading, readClaim } from '../profiles/profile-claims.ts';
import { textsIn } from '../texts/messages.ts';
import type { KnownNames, Read } from './given.ts';
import type { AccountRecord, GivenAttribute } from './record.ts';

export interface ProfileRules {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly names: KnownNames;
  readonly now: Date;
}

type Take = <T>(field: string, reading: Read<T>) => T | undefined;

export function readProfile(
  { profile = {}, attributes = {} }: AccountRecord,
  take: Take,
  rules: ProfileRules,
): { claims: ProfileClaims; attributes: Readonly<Record<string, AttributeValue>> } {
  const claims = Object.entries(profile as Readonly<Record<string, string>>)
    .filter(([, typed]) => typed.trim() !== '')
    .map(([claim, typed]) => [
      claim,
      take(`profile.${claim}`, inWords(readClaim(claim as ProfileClaim, typed, rules.now))),
    ]);
  const declared = Object.entries(attributes)
    .filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => [name, take(`attributes.${name}`, readDeclared(rules.attributes, name, value))]);
  return { claims: Object.fromEntries(claims), attributes: Object.fromEntries(declared) };
}

function readDeclared(
  attributes: ReadonlyMap<string, Attribute>,
  name: string,
  value: GivenAttribute,
): Read<AttributeValue> {
  const attribute = attributes.get(name);
  if (attribute === undefined) {
    return { problem: `gatehouse.yaml declares no such attribute${didYouMean(name, attributes.keys())}` };
  }
  const isList = Array.isArray(value);
  if (isList && attribute.type !== 'list') return { problem: 'is a list, and the attribute is none' };
  if (isList && value.some((entry) => /[\r\n]/.test(entry))) return { problem: 'an entry has several lines' };
  return inWords(readAttribute(attribute, isList ? value.join('\n') : typed(attribute, value)));
}

/** In a cell of CSV, entries stand between semicolons. */
const typed = ({ type }: Attribute, value: string | number | boolean | readonly string[]): string =>
  type === 'list' ? String(value).replaceAll(';', '\n') : String(value);

const ENGLISH = textsIn('en');

const inWords = <T>(reading: Reading<T>): Read<T> =>
  'value' in reading ? reading : { problem: ENGLISH(reading.problem, reading.values ?? {}).replace(/\.$/, '') };
