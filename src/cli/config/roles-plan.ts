// What roles.yaml would change about what stands in the database, and who would lose what.
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import {
  type Difference,
  differenceOf,
  type Fields,
  type Item,
  type ItemChange,
  isDifferent,
  keyOf,
} from '../../roles/declared/difference.ts';
import { itemsGone, lossesOf } from '../../roles/declared/losses.ts';
import { keyInFile, rolesRegressions } from '../../roles/declared/regressions.ts';
import { readModel } from '../../roles/declared/state.ts';
import { count, neutral } from '../output.ts';
import type { CommandDeps } from '../with-database.ts';
import { type Regression, regression } from './comparison.ts';

export interface RolesPlan {
  readonly file: string;
  readonly difference: Difference;
  /** How many people, by item. */
  readonly losses: ReadonlyMap<string, number>;
  readonly regressions: readonly Regression[];
}

export const ROLES_FILE = 'roles.yaml';

export async function planRoles(deps: CommandDeps, declared: DeclaredModel): Promise<RolesPlan> {
  const state = await readModel(deps.db);
  const difference = differenceOf(state, declared);
  const losses = await lossesOf(deps, difference);
  const found = rolesRegressions({ state, declared, difference, losses });
  return { file: declared.file, difference, losses, regressions: found.map((each) => regression(ROLES_FILE, each)) };
}

export const changesRoles = ({ difference }: RolesPlan): boolean =>
  isDifferent(difference) || difference.conflicts.length > 0;

export function rolesPlanText(plan: RolesPlan): readonly string[] {
  if (!changesRoles(plan)) return [];
  const { file, difference, losses, regressions } = plan;
  const marks = new Set(regressions.map(({ key }) => key));
  const lost = (item: Item, after: string) => {
    const people = losses.get(keyOf(item));
    return people === undefined ? [] : [`    ! ${count(people, 'person loses', 'people lose')} ${after}`];
  };
  const gained = ({ after, ...item }: Item & { after: Fields }) => {
    const marked = Object.entries(after).filter(([key]) => marks.has(`${keyInFile(item)}.${key}`));
    return fieldLines({ ...item, before: {}, after: Object.fromEntries(marked) }, marks);
  };
  const head = (sign: string, { kind, name }: Item) => `  ${sign} ${kind} ${neutral(name)}`;
  return [
    `${neutral(file)}:`,
    ...difference.conflicts.map(
      (item) =>
        `${head('!', item)}: made by hand as well, so nothing is applied: gatehouse ${item.kind} adopt ${neutral(item.name)}`,
    ),
    ...difference.added.flatMap((item) => [head('+', item), ...gained(item)]),
    ...difference.putBack.flatMap((item) => [`${head('+', item)}: back, with whoever had it`, ...gained(item)]),
    ...difference.changed.flatMap((item) => [head('~', item), ...fieldLines(item, marks), ...lost(item, 'what goes')]),
    ...difference.removed.flatMap((item) => [
      head('−', item),
      ...lost(item, 'it at once, and for good after 24 hours'),
    ]),
  ];
}

const fieldLines = ({ before, after, ...item }: ItemChange, marks: ReadonlySet<string>): readonly string[] =>
  Object.keys(after).flatMap((key) => {
    const [old, wanted] = [before[key] ?? null, after[key] ?? null];
    const start = `    ${marks.has(`${keyInFile(item)}.${key}`) ? '!' : ' '} ${key}`;
    if (typeof wanted !== 'object' || wanted === null) return [`${start}: ${shown(old)} → ${shown(wanted)}`];
    return [
      start,
      ...itemsGone(wanted, old).map((item) => `        + ${neutral(item)}`),
      ...itemsGone(old, wanted).map((item) => `        − ${neutral(item)}`),
    ];
  });

const shown = (value: Fields[string]): string => (value === null || value === '' ? 'nothing' : neutral(String(value)));

export const rolesPlanResult = ({ file, difference, losses }: RolesPlan) => {
  const result = ({ kind, name, ...more }: Item & { before?: Fields; after?: Fields }) => ({
    kind,
    name,
    before: more.before,
    after: more.after,
    people_losing: losses.get(keyOf({ kind, name })) ?? 0,
  });
  return {
    file,
    added: difference.added.map(result),
    changed: difference.changed.map(result),
    removed: difference.removed.map(result),
    put_back: difference.putBack.map(result),
    made_by_hand: difference.conflicts.map(({ kind, name, place }) => ({ kind, name, line: place.line })),
  };
};
