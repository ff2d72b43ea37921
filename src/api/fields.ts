// The parts that the schemas of the API are made of.
import { z } from 'zod';
import { nothingThere } from '../http/refusals.ts';

/** Of an account; imported ones may have had theirs before. No control characters: PostgreSQL would not even look. */
export const accountId = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .describe('The `sub` of its tokens.');

/** A moment as answered: UTC. */
export const moment = z.string().meta({ format: 'date-time' });

/** A moment as sent: any offset. */
export const sentMoment = z.iso.datetime({ offset: true });

export const text = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, { error: 'must be one line without control characters' });

/** Of a role, a group, a client, a permission: what is no name of one is none. */
export const name = text(255).min(1);

/** A boolean in a query. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const said = (date: Date | undefined): string | null => date?.toISOString() ?? null;

/** @throws Refusal 404 */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw nothingThere();
  return value;
}
