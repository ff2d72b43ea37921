// Which changes of roles.yaml let somebody administer more, ask them for less, or take from people what they have.
import type { Weakening } from '../../config/effective/setting-regressions.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { type Difference, type Item, type ItemChange, type ItemKind, keyOf } from './difference.ts';
import { itemsGone } from './losses.ts';
import { permittedBefore, permittedByFile, productPermission } from './product-reach.ts';
import type { ModelState } from './state.ts';

interface Judged {
  readonly state: ModelState;
  readonly declared: DeclaredModel;
  readonly difference: Difference;
  /** How many people lose something, by item. */
  readonly losses: ReadonlyMap<string, number>;
}

/** Judged where it stands in the file: a group whose role gains something is not named beside that role. */
export function rolesRegressions({ state, declared, difference, losses }: Judged): readonly Weakening[] {
  const [before, wanted] = [permittedBefore(state), permittedByFile(state, declared)];
  const { added, changed, removed, putBack } = difference;
  // What is put back has no effect until it is; its fields of before are told where they differ.
  const fromNothing = [...added, ...putBack].map((item): ItemChange => ({ ...item, before: {} }));
  const again = new Set(putBack.map(keyOf));
  const judged = [...changed.filter((item) => !again.has(keyOf(item))), ...fromNothing];
  return [
    ...changed.flatMap(withoutSecondFactor),
    ...judged.flatMap((item) => moreOfTheProduct(item, { had: before(item), wanted })),
    ...[...changed, ...removed].flatMap((item) => lostBy(item, losses.get(keyOf(item)) ?? 0)),
  ];
}

/** As it is reached in the file: `roles.editor`, `permissions.https://api.example.com.posts:add`. */
export const keyInFile = ({ kind, name }: Item): string => `${SECTIONS[kind]}.${name.replace(' ', '.')}`;

const SECTIONS: Readonly<Record<ItemKind, string>> = {
  permission: 'permissions',
  role: 'roles',
  group: 'groups',
  client: 'clients',
};

function withoutSecondFactor({ before, after, ...item }: ItemChange): readonly Weakening[] {
  if (before['mfa'] !== 'required' || after['mfa'] === 'required') return [];
  const what = 'no second factor asked of whoever has it';
  return [{ key: `${keyInFile(item)}.mfa`, what, why: 'a password alone, guessed or phished, is enough for them' }];
}

/** Each new thing of a list, with what the item did not permit before. */
function moreOfTheProduct(
  { before, after, ...item }: ItemChange,
  { had, wanted }: { had: ReadonlySet<string>; wanted: (item: Item) => ReadonlySet<string> },
): readonly Weakening[] {
  const gained = (permissions: Iterable<string>) => [...permissions].filter((name) => !had.has(name));
  return Object.keys(after).flatMap((field) => {
    const fresh = itemsGone(after[field] ?? null, before[field] ?? null);
    const permissions = new Set(
      fresh.flatMap((each) =>
        gained(field === 'permissions' ? productPermission(each) : wanted({ kind: 'role', name: each })),
      ),
    );
    if (permissions.size === 0) return [];
    const what = `administers more: ${[...permissions].sort().join(', ')}`;
    return [{ key: `${keyInFile(item)}.${field}`, what, why: MORE }];
  });
}

const MORE = 'whoever has it, or can give it to themselves, may do that to every account and app here';

function lostBy(item: Item, people: number): readonly Weakening[] {
  if (people === 0) return [];
  const what = `${people} ${people === 1 ? 'person loses' : 'people lose'} rights that they have now`;
  return [{ key: keyInFile(item), what, why: 'apps refuse them from their next token on what they may do today' }];
}
