// How a client file states a secret: its hash, or where the value is kept.
import { z } from 'zod';
import { textWhere } from '../config/fields.ts';
import { parseClientSecretHash } from './client-secret.ts';

const KINDS = ['hash', 'env', 'file', 'value'] as const;

const moment = textWhere((text) =>
  parseMoment(text) === undefined
    ? 'expected a date such as 2027-03-01, or a moment such as 2027-03-01T12:00:00Z'
    : undefined,
);

const clientSecret = z
  .strictObject({
    hash: textWhere((text) =>
      parseClientSecretHash(text) === undefined
        ? 'expected $gatehouse-sha256$v1$ and 43 characters of base64url (the SHA-256 of the secret)'
        : undefined,
    )
      .optional()
      .describe('SHA-256 of a generated secret, as "gatehouse client secret new" writes it.'),
    env: textWhere((text) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? undefined : 'expected the name of an environment variable',
    )
      .optional()
      .describe('Name of the environment variable that holds the secret.'),
    file: z.string().min(1).optional().describe('Path of a file that holds the secret, relative to this one.'),
    value: z.string().min(1).optional().describe('The secret in clear; in development only.'),
    expires: moment
      .optional()
      .describe('A date (its first moment in UTC) or a moment, from which on the secret is not accepted.'),
    created: moment
      .optional()
      .describe(
        'When the secret was made; "gatehouse config plan" marks those older than a year. Nothing depends on it.',
      ),
  })
  .superRefine((secret, context) => {
    const stated = KINDS.filter((kind) => secret[kind] !== undefined);
    if (stated.length === 1) return;
    const found = stated.length === 0 ? 'none of them' : stated.join(' and ');
    context.addIssue({ code: 'custom', message: `expected one of ${KINDS.join(', ')}; found ${found}` });
  })
  // For editors, which do not run the rule above.
  .meta({ oneOf: KINDS.map((kind) => ({ required: [kind] })) });

export type StatedSecret = z.output<typeof clientSecret>;

export const clientSecrets = z.array(clientSecret);

/** Of a list with a wrong entry the others, at their places, so that what they name is looked for all the same. */
export const soundSecrets = (list: unknown): readonly (StatedSecret | undefined)[] =>
  Array.isArray(list) ? list.map((entry) => clientSecret.safeParse(entry).data) : [];

const MOMENT = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** A date alone is its first moment in UTC: from that day on the secret is not accepted. */
export function parseMoment(text: string): Date | undefined {
  const moment = MOMENT.safeParse(text);
  return moment.success ? new Date(moment.data) : undefined;
}
