// What is typed about roles, groups and permissions.
import { didYouMean } from '../../config/did-you-mean.ts';
import type { Db } from '../../database/database.ts';
import { listPermissions } from '../../roles/permissions.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';

/** `2027-03-01`, from which day on (UTC) it is over, or a moment with its zone. */
export function momentFrom(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isMoment = day || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const date = new Date(day ? `${text}T00:00:00Z` : text);
  if (isMoment && !Number.isNaN(date.getTime())) return date;
  throw new CommandFailed('invalid', 'Expected a day (2027-03-01) or a moment (2027-03-01T12:00:00Z) after --until.');
}

/** `https://api.example.com:posts:add`: both parts may have colons, so it is looked up. */
export async function permissionsFrom(db: Db, texts: readonly string[]): Promise<readonly PermissionRef[]> {
  if (texts.length === 0) return [];
  const all = (await listPermissions(db)).map(({ resource, name }) => ({ resource, name }));
  return texts.map((text) => {
    const found = all.find(({ resource, name }) => `${resource}:${name}` === text);
    if (found !== undefined) return found;
    const hint = didYouMean(
      text,
      all.map(({ resource, name }) => `${resource}:${name}`),
    );
    throw new CommandFailed('not_found', `There is no permission ${quoted(text)}; expected RESOURCE:NAME${hint}.`);
  });
}

export const shownPermission = ({ resource, name }: PermissionRef): string => `${resource}:${name}`;

/** A list with some added and some taken out; undefined where nothing was said about it. */
export function edited<T>(
  before: readonly T[],
  { add, remove, key }: { add: readonly T[]; remove: readonly T[]; key: (item: T) => string },
): readonly T[] | undefined {
  if (add.length + remove.length === 0) return undefined;
  const gone = new Set(remove.map(key));
  const kept = before.filter((item) => !gone.has(key(item)));
  const known = new Set(kept.map(key));
  return [...kept, ...add.filter((item) => !known.has(key(item)))];
}
