// What changed files have changed, for the records: values before and after, without a secret, and never endlessly many.
import { changesBetween, type Described, type FieldChange, type Value } from '../../config/effective/described.ts';
import type { ClientRegistry, Preset } from '../client.ts';
import { type ClientChange, compareClients } from '../plan/compare-clients.ts';
import { defaultsFor, describeClients, type ServedSecret } from '../plan/describe-client.ts';

type Told = { readonly [key: string]: string | number | boolean | null | readonly string[] };

export interface ToldChanges {
  /** By client_id, or by key of gatehouse.yaml. */
  readonly before: { readonly [name: string]: Told | Told[string] };
  readonly after: { readonly [name: string]: Told | Told[string] };
  /** How many names there are besides, for which there was no room. */
  readonly leftOut: number;
}

/** `key` makes the fingerprints, as for `config plan`. */
export const toldClients = (before: ClientRegistry, after: ClientRegistry, key: Buffer): ToldChanges =>
  withRoom(
    compareClients(describeClients(before, key), describeClients(after, key)).map((change) => {
      const fields = fieldsOf(change);
      const side = (which: 'before' | 'after') =>
        Object.fromEntries(fields.map((field) => [field.key, short(field[which])]));
      return {
        name: change.clientId,
        before: change.change === 'added' ? undefined : side('before'),
        after: change.change === 'removed' ? undefined : side('after'),
      };
    }),
  );

/** Of gatehouse.yaml; values that are secret are masked in what is `described` already. */
export const toldSettings = (before: Described, after: Described, isOptional: (key: string) => boolean): ToldChanges =>
  withRoom(
    changesBetween(before, after, isOptional).map((change) => ({
      name: change.key,
      before: short(change.before),
      after: short(change.after),
    })),
  );

/** What a client states beyond the defaults of its preset, where there is nothing to compare it with. */
function fieldsOf(change: ClientChange): readonly FieldChange[] {
  const SECRETS = 'client_secrets';
  switch (change.change) {
    case 'added':
      return [...change.fields, { key: SECRETS, before: null, after: change.after.secrets.map(shownSecret) }];
    case 'removed': {
      const { values, secrets } = change.before;
      const fields = changesBetween(defaultsFor(change.clientId, values['preset'] as Preset), values);
      const gone = fields.map(({ key, after }) => ({ key, before: after, after: null }));
      return [...gone, { key: SECRETS, before: secrets.map(shownSecret), after: null }];
    }
    case 'changed': {
      const { before, after, fields, secrets } = change;
      if (secrets.length === 0) return fields;
      return [
        ...fields,
        { key: SECRETS, before: before.secrets.map(shownSecret), after: after.secrets.map(shownSecret) },
      ];
    }
  }
}

const shownSecret = ({ fingerprint, expires }: ServedSecret): string =>
  expires === null ? fingerprint : `${fingerprint} until ${expires}`;

const LONGEST_TEXT = 300;
const LONGEST_LIST = 30;

function short(value: Value): Value {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  if (value === null || typeof value !== 'object') return value;
  const shown = value.slice(0, LONGEST_LIST).map((item) => String(short(item)));
  return value.length > LONGEST_LIST ? [...shown, `… ${value.length - LONGEST_LIST} more`] : shown;
}

/** Characters of JSON. */
const ROOM = 16_384;

interface Entry {
  readonly name: string;
  readonly before: ToldChanges['before'][string] | undefined;
  readonly after: ToldChanges['after'][string] | undefined;
}

function withRoom(entries: readonly Entry[]): ToldChanges {
  let left = ROOM;
  const told = entries.filter((entry) => {
    const size = JSON.stringify(entry).length;
    if (size > left) return false;
    left -= size;
    return true;
  });
  const side = (which: 'before' | 'after') =>
    Object.fromEntries(told.flatMap(({ name, [which]: value }) => (value === undefined ? [] : [[name, value]])));
  return { before: side('before'), after: side('after'), leftOut: entries.length - told.length };
}
