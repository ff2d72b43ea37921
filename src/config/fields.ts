// The building blocks of the schemas: numbers with bounds, text with a rule.
import { z } from 'zod';

export const wholeNumber = (least: number, most: number) => z.int().min(least).max(most);

/** Text that `problemOf` has nothing against. */
export const textWhere = (problemOf: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** One line a person reads: not empty, no control characters, nothing that turns the writing direction. */
export const shownText = (mostCharacters: number) =>
  textWhere((text) => {
    if (text.trim() === '' || text !== text.trim()) return 'expected text without spaces around it';
    if (/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text))
      return 'must be one line without control characters';
    return [...text].length > mostCharacters ? `expected at most ${mostCharacters} characters` : undefined;
  });

export const listWithoutRepeats = <T extends z.ZodType<string>>(entry: T) =>
  z
    .array(entry)
    .refine((entries) => repeated(entries) === undefined, {
      // Also when an entry is wrong: all problems are told at once.
      when: ({ value }) => Array.isArray(value),
      error: ({ input }) => `states ${JSON.stringify(repeated(Array.isArray(input) ? input : []))} twice`,
    })
    // For editors, which do not run the rule above.
    .meta({ uniqueItems: true });

const repeated = (entries: readonly unknown[]): unknown =>
  entries.find((entry, index) => entries.indexOf(entry) < index);
