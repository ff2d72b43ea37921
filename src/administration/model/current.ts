// What a verb about roles, groups or permissions begins with: the thing as it is, if it is as whoever asks has seen it.
import { canBeName, type NotDone, type Thing, unknown, versionOf } from '../outcomes.ts';

/** `version` is that of the thing when it was looked at; undefined: whatever it is by now. */
export async function current<Found extends { readonly updatedAt: Date }>(
  what: Thing,
  { name, version }: { readonly name: string; readonly version?: string | undefined },
  find: (name: string) => Promise<Found | undefined>,
): Promise<{ readonly found: Found } | { readonly refused: NotDone }> {
  const found = canBeName(name) ? await find(name) : undefined;
  if (found === undefined) return { refused: unknown(what, name) };
  const isOther = version !== undefined && version !== versionOf(found);
  return isOther ? { refused: { outcome: 'changed_meanwhile' } } : { found };
}
