// What roles.yaml would change about what stands in the database, and who would lose what.
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { type Difference, differenceOf, type Fields, type Item, isDifferent } from '../../roles/declared/difference.ts';
import { itemsGone, lossesOf } from '../../roles/declared/losses.ts';
import { readModel } from '../../roles/declared/state.ts';
import { count, neutral } from '../output.ts';
import type { CommandDeps } from '../with-database.ts';

export interface RolesPlan {
  readonly file: string;
  readonly difference: Difference;
  /** How many people, by item. */
  readonly losses: ReadonlyMap<string, number>;
}

export async function planRoles(deps: CommandDeps, declared: DeclaredModel): Promise<RolesPlan> {
  const difference = differenceOf(await readModel(deps.db), declared);
  return { file: declared.file, difference, losses: await lossesOf(deps, difference) };
}

export const changesRoles = ({ difference }: RolesPlan): boolean =>
  isDifferent(difference) || difference.conflicts.length > 0;

export function rolesPlanText(plan: RolesPlan): readonly string[] {
  if (!changesRoles(plan)) return [];
  const { file, difference, losses } = plan;
  const lost = ({ kind, name }: Item, after: string) => {
    const people = losses.get(`${kind} ${name}`);
    return people === undefined ? [] : [`      ${count(people, 'person loses', 'people lose')} ${after}`];
  };
  const head = (sign: string, { kind, name }: Item) => `  ${sign} ${kind} ${neutral(name)}`;
  return [
    `${neutral(file)}:`,
    ...difference.conflicts.map(
      (item) =>
        `${head('!', item)}: made by hand as well, so nothing is applied: gatehouse ${item.kind} adopt ${neutral(item.name)}`,
    ),
    ...difference.added.map((item) => head('+', item)),
    ...difference.putBack.map((item) => `${head('+', item)}: back, with whoever had it`),
    ...difference.changed.flatMap((item) => [
      head('~', item),
      ...fieldLines(item.before, item.after),
      ...lost(item, 'what goes'),
    ]),
    ...difference.removed.flatMap((item) => [
      head('−', item),
      ...lost(item, 'it at once, and for good after 24 hours'),
    ]),
  ];
}

const fieldLines = (before: Fields, after: Fields): readonly string[] =>
  Object.keys(after).flatMap((key) => {
    const [old, wanted] = [before[key] ?? null, after[key] ?? null];
    if (typeof wanted !== 'object' || wanted === null) return [`      ${key}: ${shown(old)} → ${shown(wanted)}`];
    return [
      `      ${key}`,
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
    people_losing: losses.get(`${kind} ${name}`) ?? 0,
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
