// attributes: what is kept of people beyond the standard claims, who may change it, and which scope releases it.
import { z } from 'zod';
import { claimNameProblem, isReservedName } from '../claim-names.ts';
import { listWithoutRepeats, shownText, textWhere } from '../fields.ts';
import { attributeScopeProblem } from '../scopes.ts';

const TYPES = ['string', 'number', 'boolean', 'enum', 'list'] as const;

/** Enough for a select, few enough to be read. */
const MOST_CHOICES = 100;

const attribute = z
  .strictObject({
    label: shownText(60).describe('What pages call it.'),
    type: z
      .enum(TYPES)
      .default('string')
      .describe('enum: one of choices; list: several texts, of choices where there are any.'),
    choices: listWithoutRepeats(shownText(100))
      .optional()
      .describe(`The values of an enum or a list, at most ${MOST_CHOICES}.`),
    edit: z
      .enum(['user', 'operator'])
      .default('operator')
      .describe('Who may change it: the person too, or operators only (gatehouse user set).'),
    scope: textWhere(attributeScopeProblem).describe(
      'The scope that releases it: profile, email, phone, address, or one of your own, which apps may then ask for.',
    ),
    claim: textWhere(claimNameProblem).optional().describe('What apps find it under. Default: its key.'),
    required: z.boolean().default(false).describe('true: whoever edits it cannot leave it empty.'),
  })
  .refine(({ type, choices }) => type !== 'enum' || (choices?.length ?? 0) > 0, {
    path: ['choices'],
    message: 'is missing; an enum needs the list of its values',
    when: isMapping,
  })
  .refine(({ type, choices }) => choices === undefined || type === 'enum' || type === 'list', {
    path: ['choices'],
    message: 'is for type: enum and type: list only',
    when: isMapping,
  })
  .refine(({ choices }) => !Array.isArray(choices) || choices.length <= MOST_CHOICES, {
    path: ['choices'],
    message: `expected at most ${MOST_CHOICES} values`,
    when: isMapping,
  });

export const attributesSection = z.record(textWhere(attributeNameProblem), attribute);

/** Also when something else is wrong with it: all problems are told at once. */
function isMapping({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function attributeNameProblem(name: string): string | undefined {
  if (isReservedName(name)) return 'is the name of a claim that has a meaning already; choose another';
  return /^[a-z][a-z0-9_]{0,39}$/.test(name)
    ? undefined
    : 'expected 1 to 40 characters: a to z, digits or underscores, a letter first';
}
