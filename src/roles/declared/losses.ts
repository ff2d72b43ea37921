// Who would lose what, if what roles.yaml declares were applied: counted before it is.
import type { Clock } from '../../clock.ts';
import type { Db } from '../../database/database.ts';
import { useOfGroup } from '../usage.ts';
import { countHolders } from '../who-has.ts';
import { type Difference, type Item, type ItemChange, keyOf, type Value } from './difference.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** How many people, by item (`role editor`); without what takes nothing from anybody. */
export async function lossesOf(deps: Deps, { changed, removed }: Difference): Promise<ReadonlyMap<string, number>> {
  const losses = new Map<string, number>();
  for (const item of [...removed, ...changed.filter(takesAway)]) {
    const people = await holdersOf(deps, item);
    if (people > 0) losses.set(keyOf(item), people);
  }
  return losses;
}

/** Also where it comes to belong to one app or API only. */
function takesAway({ before, after }: ItemChange): boolean {
  return Object.keys(after).some((key) => {
    if (key === 'client' || key === 'resource') return after[key] !== null;
    return itemsGone(before[key] ?? null, after[key] ?? null).length > 0;
  });
}

export const itemsGone = (before: Value, after: Value): readonly string[] =>
  typeof before === 'object' && before !== null ? before.filter((item) => !(after ?? []).includes(item)) : [];

async function holdersOf(deps: Deps, { kind, name }: Item): Promise<number> {
  switch (kind) {
    case 'role':
      return countHolders(deps, { role: name });
    case 'permission': {
      const [resource = '', permission = ''] = name.split(' ');
      return countHolders(deps, { permission: { resource, name: permission } });
    }
    case 'group':
      return (await useOfGroup(deps.db, name)).members;
    case 'client':
      return 0;
  }
}
