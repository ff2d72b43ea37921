// What changes of client files would cost people: counted before they are made.
import type { ClientChange } from '../clients/plan/compare-clients.ts';
import { listOf, newItems, type Value } from '../config/effective/described.ts';
import { accountsAt, countHoldings, countTokensWith, type PartOfApi } from '../protocol-store/holdings.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { countRefused, countRefusedByGroup } from '../roles/admission.ts';
import { countConsents } from './consents.ts';
import { countRefusedByAttribute } from './refused-by-attribute.ts';

export type Cost =
  | {
      readonly what: 'everything';
      readonly grants: number;
      readonly refreshTokens: number;
      readonly sessions: number;
      readonly consents: number;
      readonly people: number;
    }
  /** `key` is that of the client file. */
  | { readonly what: 'refresh_tokens'; readonly key: string; readonly count: number }
  | { readonly what: 'refused_people'; readonly key: string; readonly count: number };

/** By client_id; without those that cost nothing that can be counted. */
export async function costsOf(
  deps: StoreDeps,
  changes: readonly ClientChange[],
): Promise<ReadonlyMap<string, readonly Cost[]>> {
  const costs = new Map<string, readonly Cost[]>(await costsOfRemoval(deps, changes));
  for (const change of changes) {
    if (change.change !== 'changed') continue;
    const { clientId, before, after } = change;
    const found: Cost[] = [];
    for (const { key } of change.fields) {
      const cost = await costOfField(deps, { clientId, key, before: before.values, after: after.values });
      if (cost !== undefined) found.push(cost);
    }
    if (found.length > 0) costs.set(clientId, found);
  }
  return costs;
}

async function costsOfRemoval(deps: StoreDeps, changes: readonly ClientChange[]) {
  const removed = changes.flatMap(({ change, clientId }) => (change === 'removed' ? [clientId] : []));
  const consents = await countConsents(deps.db, removed);
  const holdings = await countHoldings(deps, removed);
  return holdings.map(({ clientId, ...held }): [string, Cost[]] => [
    clientId,
    [{ what: 'everything', ...held, consents: consents.get(clientId) ?? 0 }],
  ]);
}

interface Field {
  readonly clientId: string;
  readonly key: string;
  readonly before: Readonly<Record<string, Value>>;
  readonly after: Readonly<Record<string, Value>>;
}

/** Only for what is taken away: nobody loses anything by what is added. */
async function costOfField(deps: StoreDeps, { clientId, key, before, after }: Field): Promise<Cost | undefined> {
  const [old, wanted] = [before[key] ?? null, after[key] ?? null];
  const gone = newItems(wanted, old);
  switch (key) {
    case 'scope':
      if (gone.length === 0) return undefined;
      return tokens(key, await countTokensWith(deps, { clientId, scopes: gone, apis: [] }));
    case 'resources':
      if (gone.length === 0) return undefined;
      return tokens(key, await countTokensWith(deps, { clientId, scopes: [], apis: goneApis(old, wanted) }));
    case 'grant_types': {
      if (!gone.includes('refresh_token')) return undefined;
      const [held] = await countHoldings(deps, [clientId]);
      return tokens(key, held?.refreshTokens ?? 0);
    }
    case 'access.require_any_role':
    case 'access.require_any_group':
    case 'access.attributes': {
      const rule = { before: listOf(old), after: listOf(wanted) };
      const count = await REFUSED[key](deps, await accountsAt(deps, clientId), rule);
      return count === 0 && rule.after.length === 0 ? undefined : { what: 'refused_people', key, count };
    }
    default:
      return undefined;
  }
}

const REFUSED = {
  'access.require_any_role': countRefused,
  'access.require_any_group': countRefusedByGroup,
  'access.attributes': countRefusedByAttribute,
};

const tokens = (key: string, count: number): Cost => ({ what: 'refresh_tokens', key, count });

/** `https://api.example.com orders:read`: an API that is gone altogether takes every token for it along. */
function goneApis(before: Value, after: Value): readonly PartOfApi[] {
  const audienceOf = (item: string) => item.split(' ')[0] ?? '';
  const kept = new Set(listOf(after).map(audienceOf));
  return newItems(after, before).flatMap((item): PartOfApi[] => {
    const [audience = '', scope] = item.split(' ');
    if (!kept.has(audience)) return [{ audience }];
    return scope === undefined ? [] : [{ audience, scopes: [scope] }];
  });
}
