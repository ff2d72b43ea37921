// A schema that is newer than the code: what was added to it is left alone; a release that is too old for it is told so.
import { VERSION } from '../package.ts';

export interface SchemaAge {
  /** What this release would apply, in order. */
  readonly pending: readonly string[];
  /** What a later release has applied, in order; this one does not know it, and need not. */
  readonly newer: readonly string[];
}

export class DatabaseNewerThanCode extends Error {
  override readonly name = 'DatabaseNewerThanCode';
  constructor(migration: string, needed: string) {
    super(
      `The database was migrated by a newer Gatehouse, and needs release ${needed} or later since ${migration}: ` +
        `this is ${VERSION}. Run ${needed} or later, or restore a backup from before the upgrade.`,
    );
  }
}

export class DatabaseOfAnotherHistory extends Error {
  override readonly name = 'DatabaseOfAnotherHistory';
  constructor(strange: readonly string[]) {
    super(
      `The database was not migrated by a release of Gatehouse that came before or after this one (${VERSION}), ` +
        `which does not know ${strange.join(', ')}. Run the one that migrated it, or restore a backup.`,
    );
  }
}

/**
 * What comes after everything this release knows is of a later one, and only adds, unless its name says otherwise.
 * @throws DatabaseNewerThanCode, DatabaseOfAnotherHistory
 */
export function ageOf(applied: readonly string[], known: readonly string[]): SchemaAge {
  const last = known.at(-1) ?? '';
  const pending = known.filter((name) => !applied.includes(name));
  const unknown = applied.filter((name) => !known.includes(name)).sort();
  const strange = pending.length > 0 ? unknown : unknown.filter((name) => name < last);
  if (strange.length > 0) throw new DatabaseOfAnotherHistory(strange);
  for (const name of unknown.toReversed()) {
    const needed = releaseNeededBy(name);
    if (needed !== undefined && isBefore(VERSION, needed)) throw new DatabaseNewerThanCode(name, needed);
  }
  return { pending, newer: unknown };
}

/**
 * 0058-drop-old-column.needs-0.3.0 takes away what releases before 0.3.0 use. It stands in the name because the name is
 * all that a release knows of a migration it does not have.
 */
export const releaseNeededBy = (migration: string): string | undefined =>
  /\.needs-(\d{1,4}\.\d{1,4}\.\d{1,4})$/.exec(migration)?.[1];

/** Of versions like 1.2.3; what is after a hyphen counts for nothing. */
export function isBefore(version: string, other: string): boolean {
  const [ours, theirs] = [version, other].map((each) => each.split('-', 1)[0]?.split('.').map(Number) ?? []);
  const difference = theirs?.map((part, index) => part - (ours?.[index] ?? 0)).find((each) => each !== 0) ?? 0;
  return difference > 0;
}
