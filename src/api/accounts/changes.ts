// What may be sent of an account, and how the verbs are told of it.
import { z } from 'zod';
import type { AccountChanges } from '../../administration/accounts/change-account-as.ts';
import type { Attribute, Config } from '../../config/config.ts';
import { typedAs } from '../../profiles/attribute-values.ts';
import { PROFILE_CLAIMS, type ProfileClaim } from '../../profiles/profile-claims.ts';
import { name, text } from '../fields.ts';
import { invalidBody } from '../read-request.ts';

const email = text(320);
const username = text(64);
const displayName = text(200);

export const newAccount = z
  .strictObject({
    email,
    username: username.optional(),
    name: displayName.optional(),
    email_verified: z.boolean().default(false).describe('At your word; an invitation proves it instead.'),
    roles: z.array(name).max(100).default([]),
    groups: z.array(name).max(100).default([]),
    invite: z
      .boolean()
      .default(false)
      .describe('A mail with a link that sets the first password; 409 with registration.policy closed.'),
  })
  .meta({ id: 'NewAccount' });

const claims = z.strictObject(
  Object.fromEntries(PROFILE_CLAIMS.map((claim) => [claim, text(1000).nullable().optional()])) as Record<
    ProfileClaim,
    z.ZodOptional<z.ZodNullable<z.ZodString>>
  >,
);

const attributeValue = z.union([text(1000), z.number(), z.boolean(), z.array(text(200)).max(100), z.null()]);

export const changesOfAccount = z
  .strictObject({
    email: email.optional(),
    username: username.nullable().optional(),
    name: displayName.nullable().optional(),
    claims: claims.optional(),
    attributes: z
      .record(z.string().max(64), attributeValue)
      .optional()
      .describe('Those of the configuration, by name.'),
  })
  .meta({ id: 'AccountChanges' });

type Sent = z.output<typeof changesOfAccount>;

/** @throws ApiProblem 422 for an attribute of another type */
export const changesFrom = (config: Config, sent: Sent): AccountChanges => ({
  email: sent.email,
  username: sent.username === null ? '' : sent.username,
  name: sent.name === null ? '' : sent.name,
  claims: Object.fromEntries(
    Object.entries(sent.claims ?? {}).flatMap(([claim, value]) => (value === undefined ? [] : [[claim, value ?? '']])),
  ),
  attributes: Object.fromEntries(
    Object.entries(sent.attributes ?? {}).map(([attribute, value]) => {
      requireType(config.attributes.get(attribute), { attribute, value });
      return [attribute, value === null ? '' : typedAs(value)];
    }),
  ),
});

const TYPES: Readonly<Record<Attribute['type'], string>> = {
  string: 'string',
  enum: 'string',
  number: 'number',
  boolean: 'boolean',
  list: 'object',
};

/** What there is no such attribute of, the verb says. */
function requireType(declared: Attribute | undefined, { attribute, value }: { attribute: string; value: unknown }) {
  if (declared === undefined || value === null) return;
  const expected = TYPES[declared.type];
  if (typeof value === expected) return;
  const detail = `expected ${expected === 'object' ? 'a list' : `a ${expected}`}`;
  throw invalidBody([{ pointer: `/attributes/${attribute}`, detail }]);
}

/** The verb knows the names of claims and attributes alone. */
export const pointerIn =
  ({ claims: sentClaims = {}, attributes = {} }: Sent) =>
  (field: string): string => {
    if (Object.hasOwn(sentClaims, field)) return `/claims/${field}`;
    return Object.hasOwn(attributes, field) ? `/attributes/${field}` : `/${field}`;
  };
