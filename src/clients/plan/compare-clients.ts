// What files would change about the clients that a server serves: added, changed, removed, field by field.
import { changesBetween, type FieldChange } from '../../config/effective/described.ts';
import type { Preset } from '../client.ts';
import { defaultsFor, type ServedClient, type ServedClients, type ServedSecret } from './describe-client.ts';

export type ClientChange = AddedClient | ChangedClient | RemovedClient;

export interface AddedClient {
  readonly change: 'added';
  readonly clientId: string;
  readonly after: ServedClient;
  /** What it states beyond the defaults of its preset. */
  readonly fields: readonly FieldChange[];
}

export interface ChangedClient {
  readonly change: 'changed';
  readonly clientId: string;
  readonly before: ServedClient;
  readonly after: ServedClient;
  readonly fields: readonly FieldChange[];
  readonly secrets: readonly SecretChange[];
}

export interface RemovedClient {
  readonly change: 'removed';
  readonly clientId: string;
  readonly before: ServedClient;
}

export type SecretChange =
  | { readonly change: 'added'; readonly after: ServedSecret }
  | { readonly change: 'changed'; readonly before: ServedSecret; readonly after: ServedSecret }
  | { readonly change: 'removed'; readonly before: ServedSecret };

/** By client_id. With `secretsDiffer` every fingerprint was made under another key: nothing can be said about secrets. */
export function compareClients(
  before: ServedClients,
  after: ServedClients,
  { secretsDiffer = false }: { secretsDiffer?: boolean } = {},
): readonly ClientChange[] {
  const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return ids.flatMap((clientId): ClientChange[] => {
    const [served, wanted] = [ownOf(before, clientId), ownOf(after, clientId)];
    if (served === undefined) return wanted === undefined ? [] : [added(clientId, wanted)];
    if (wanted === undefined) return [{ change: 'removed', clientId, before: served }];
    const fields = changesBetween(served.values, wanted.values);
    const secrets = secretsDiffer ? [] : secretChanges(served.secrets, wanted.secrets);
    if (fields.length + secrets.length === 0) return [];
    return [{ change: 'changed', clientId, before: served, after: wanted, fields, secrets }];
  });
}

const added = (clientId: string, after: ServedClient): AddedClient => ({
  change: 'added',
  clientId,
  after,
  fields: changesBetween(defaultsFor(clientId, after.values['preset'] as Preset), after.values),
});

const ownOf = (clients: ServedClients, clientId: string): ServedClient | undefined =>
  Object.hasOwn(clients, clientId) ? clients[clientId] : undefined;

/** When a secret was made is a remark, no change. One may be stated twice, with different ends. */
function secretChanges(before: readonly ServedSecret[], after: readonly ServedSecret[]): readonly SecretChange[] {
  const without = (list: readonly ServedSecret[], others: readonly ServedSecret[]) =>
    list.filter((secret) => !others.some((other) => isSameSecret(secret, other) && secret.expires === other.expires));
  const [gone, come] = [without(before, after), without(after, before)];
  const find = (list: readonly ServedSecret[], secret: ServedSecret) => list.find((each) => isSameSecret(each, secret));
  return [
    ...come.map((secret): SecretChange => {
      const old = find(gone, secret);
      return old === undefined ? { change: 'added', after: secret } : { change: 'changed', before: old, after: secret };
    }),
    ...gone.flatMap((secret): SecretChange[] =>
      find(come, secret) === undefined ? [{ change: 'removed', before: secret }] : [],
    ),
  ];
}

const isSameSecret = (left: ServedSecret, right: ServedSecret): boolean => left.fingerprint === right.fingerprint;
