// The fields of a profile, on its owner's page and on that of administrators: what there is to fill in, how, and what stands in it.
import { z } from 'zod';
import type { Account } from '../accounts/account.ts';
import type { Attribute } from '../config/config.ts';
import { attributeValue, typedAs } from '../profiles/attribute-values.ts';
import type { ProfileProblem } from '../profiles/change-profile.ts';
import { PROFILE_CLAIMS, type ProfileClaim, TIME_ZONES } from '../profiles/profile-claims.ts';
import type { Profile } from '../profiles/profiles.ts';
import type { MessageKey, Texts } from '../texts/messages.ts';

type Attributes = ReadonlyMap<string, Attribute>;

/** As the form names them: the name, the claims, `attribute_<name>`, and a box for each choice of a list. */
export type Typed = Readonly<Record<string, string | undefined>>;

const PREFIX = 'attribute_';
const LONGEST = 4000;

/** Operators change all of them. */
const editableAs = (as: Attribute['edit'], attributes: Attributes) =>
  [...attributes.values()].filter(({ edit }) => as === 'operator' || edit === 'user');

const boxOf = (name: string, index: number): string => `${PREFIX}${name}.${index}`;

/** Whatever else is sent is refused (T47): only what the page itself can send is read. */
export function profileForm(attributes: Attributes, as: Attribute['edit'] = 'user') {
  return z.strictObject(profileShape(attributes, as));
}

/** By name, for a form that has more than these. */
export function profileShape(attributes: Attributes, as: Attribute['edit']) {
  const text = z.string().max(LONGEST).optional();
  const names = editableAs(as, attributes).flatMap(({ name, type, choices }) => [
    PREFIX + name,
    ...(type === 'list' ? choices.map((_choice, index) => boxOf(name, index)) : []),
  ]);
  const fields = ['name', ...PROFILE_CLAIMS, ...names].map((name) => [name, text] as const);
  return { csrf: z.string().optional(), ...Object.fromEntries(fields) };
}

/** What the form said of each attribute, as somebody would type it; a list with choices comes as boxes. */
export const typedAttributes = (
  attributes: Attributes,
  typed: Typed,
  as: Attribute['edit'] = 'user',
): Record<string, string> =>
  Object.fromEntries(
    editableAs(as, attributes).flatMap(({ name, type, choices }) => {
      const stated = typed[PREFIX + name];
      if (stated === undefined) return [];
      const isBoxes = type === 'list' && choices.length > 0;
      const chosen = choices.filter((_choice, index) => typed[boxOf(name, index)] !== undefined);
      return [[name, isBoxes ? chosen.join('\n') : stated]];
    }),
  );

export const typedClaims = (typed: Typed): Partial<Record<ProfileClaim, string>> =>
  Object.fromEntries(PROFILE_CLAIMS.flatMap((claim) => (typed[claim] === undefined ? [] : [[claim, typed[claim]]])));

interface Field {
  readonly name: string;
  readonly label: string;
  readonly help?: string | undefined;
  readonly error?: string | undefined;
  /** Several lines are fine. */
  readonly hasLines?: boolean;
  readonly value: string;
  readonly type?: 'text' | 'url' | 'tel';
  readonly autocomplete?: string;
  readonly inputmode?: 'decimal' | undefined;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly boxes?: readonly { readonly name: string; readonly label: string; readonly checked: boolean }[];
  readonly required?: boolean;
}

interface ClaimTexts {
  readonly label: MessageKey;
  readonly help?: MessageKey;
  /** HTML section 4.10.18.7.1. */
  readonly autocomplete: string;
}

const CLAIMS: Readonly<Record<ProfileClaim | 'name', ClaimTexts>> = {
  name: { label: 'profile.name', help: 'profile.name.help', autocomplete: 'name' },
  given_name: { label: 'profile.given_name', autocomplete: 'given-name' },
  middle_name: { label: 'profile.middle_name', autocomplete: 'additional-name' },
  family_name: { label: 'profile.family_name', autocomplete: 'family-name' },
  nickname: { label: 'profile.nickname', autocomplete: 'nickname' },
  gender: { label: 'profile.gender', autocomplete: 'sex' },
  birthdate: { label: 'profile.birthdate', help: 'profile.birthdate.help', autocomplete: 'bday' },
  locale: { label: 'profile.locale', help: 'profile.locale.help', autocomplete: 'language' },
  zoneinfo: { label: 'profile.zoneinfo', autocomplete: 'off' },
  profile: { label: 'profile.profile', autocomplete: 'url' },
  picture: { label: 'profile.picture', help: 'profile.picture.help', autocomplete: 'photo' },
  website: { label: 'profile.website', autocomplete: 'url' },
  phone_number: { label: 'profile.phone_number', help: 'profile.phone_number.help', autocomplete: 'tel' },
  street_address: { label: 'profile.street_address', autocomplete: 'street-address' },
  locality: { label: 'profile.locality', autocomplete: 'address-level2' },
  region: { label: 'profile.region', autocomplete: 'address-level1' },
  postal_code: { label: 'profile.postal_code', autocomplete: 'postal-code' },
  country: { label: 'profile.country', autocomplete: 'country-name' },
};

const GROUPS: readonly { readonly heading: MessageKey; readonly claims: readonly (ProfileClaim | 'name')[] }[] = [
  {
    heading: 'profile.group.name',
    claims: ['name', 'given_name', 'middle_name', 'family_name', 'nickname'],
  },
  { heading: 'profile.group.person', claims: ['gender', 'birthdate', 'locale', 'zoneinfo'] },
  { heading: 'profile.group.web', claims: ['profile', 'picture', 'website'] },
  { heading: 'profile.group.phone', claims: ['phone_number'] },
  {
    heading: 'profile.group.address',
    claims: ['street_address', 'postal_code', 'locality', 'region', 'country'],
  },
];

export interface Shown {
  readonly t: Texts;
  readonly account: Account;
  readonly profile: Profile;
  readonly attributes: Attributes;
  /** Where the form comes again. */
  readonly typed?: Typed;
  readonly problems?: readonly ProfileProblem[];
  /** Whose fields these are to fill in: the account's owner, unless it says otherwise. */
  readonly as?: Attribute['edit'];
}

export function profileGroups(shown: Shown) {
  const { t, attributes, as = 'user' } = shown;
  const own = editableAs(as, attributes);
  return [
    ...GROUPS.map(({ heading, claims }) => ({
      heading: t(shown.as === 'operator' && heading === 'profile.group.person' ? 'accounts.profile.person' : heading),
      fields: claims.map((claim) => claimField(shown, claim)),
    })),
    ...(own.length === 0
      ? []
      : [{ heading: t('profile.group.more'), fields: own.map((attribute) => attributeField(shown, attribute)) }]),
  ];
}

function claimField(shown: Shown, claim: ProfileClaim | 'name'): Field {
  const { t, account, profile, typed } = shown;
  const stored = claim === 'name' ? account.displayName : profile.claims[claim];
  const { label, help, autocomplete } = CLAIMS[claim];
  const field = {
    name: claim,
    label: t(label),
    help: help && t(claim === 'name' && shown.as === 'operator' ? 'accounts.profile.name.help' : help),
    error: errorOf(shown, claim),
    value: typed?.[claim] ?? stored ?? '',
  };
  const zones = [
    { value: '', label: t('profile.not_stated') },
    ...TIME_ZONES.map((value) => ({ value, label: value })),
  ];
  if (claim === 'zoneinfo') return { ...field, options: zones };
  if (claim === 'street_address') return { ...field, hasLines: true, autocomplete };
  const isUrl = ['profile', 'picture', 'website'].includes(claim);
  const type = isUrl ? 'url' : claim === 'phone_number' ? 'tel' : 'text';
  return { ...field, autocomplete, type };
}

function attributeField(shown: Shown, attribute: Attribute): Field {
  const { t, profile, typed } = shown;
  const { name, label, type, choices, required } = attribute;
  const stored = typedAs(attributeValue(attribute, profile.attributes[name]));
  const field = {
    name: PREFIX + name,
    label,
    error: errorOf(shown, name),
    value: typed?.[PREFIX + name] ?? stored,
    required,
    autocomplete: 'off',
    type: 'text',
    inputmode: type === 'number' ? 'decimal' : undefined,
  } as const;
  const optionsOf = (options: readonly { value: string; label: string }[]) => [
    { value: '', label: t('profile.not_stated') },
    ...options,
  ];
  switch (type) {
    case 'string':
    case 'number':
      return field;
    case 'boolean':
      return {
        ...field,
        options: optionsOf([
          { value: 'true', label: t('profile.yes') },
          { value: 'false', label: t('profile.no') },
        ]),
      };
    case 'enum':
      return { ...field, options: optionsOf(choices.map((value) => ({ value, label: value }))) };
    case 'list': {
      if (choices.length === 0) return { ...field, hasLines: true, help: t('profile.list.help') };
      const isChosen = (choice: string, index: number) =>
        typed === undefined ? stored.split('\n').includes(choice) : typed[boxOf(name, index)] !== undefined;
      const boxes = choices.map((choice, index) => ({
        name: boxOf(name, index),
        label: choice,
        checked: isChosen(choice, index),
      }));
      return { ...field, value: '', boxes };
    }
  }
}

function errorOf({ t, problems = [] }: Shown, field: string): string | undefined {
  const found = problems.find((problem) => problem.field === field);
  return found && t(found.problem, found.values);
}

/** What only operators may change: to be seen, where something is known. */
export const readOnlyAttributes = ({ t, profile, attributes }: Pick<Shown, 't' | 'profile' | 'attributes'>) =>
  [...attributes.values()].flatMap((attribute) => {
    const value = attribute.edit === 'user' ? undefined : attributeValue(attribute, profile.attributes[attribute.name]);
    if (value === undefined) return [];
    const words = typeof value === 'boolean' ? t(value ? 'profile.yes' : 'profile.no') : value;
    return [{ label: attribute.label, value: typeof words === 'object' ? t.list(words) : String(words) }];
  });
