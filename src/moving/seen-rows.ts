// Which line of the file was the first to name an id, an address or a username.
import type { Incoming } from './incoming.ts';

export interface SeenRows {
  /** What another line has named before; nothing of such a row is remembered. */
  note(row: Incoming): string[];
}

export function createSeenRows(): SeenRows {
  const lines = {
    sub: new Map<string, number>(),
    email: new Map<string, number>(),
    username: new Map<string, number>(),
  };
  return {
    note(row) {
      const keys = { sub: row.id, email: row.email.key, username: row.username?.key };
      const named = (Object.keys(lines) as (keyof typeof lines)[]).flatMap((field) => {
        const key = keys[field];
        return key === undefined ? [] : [{ field, key, first: lines[field].get(key) }];
      });
      const repeated = named.filter(({ first }) => first !== undefined);
      if (repeated.length === 0) for (const { field, key } of named) lines[field].set(key, row.line);
      return repeated.map(({ field, first }) => `${field}: stands in line ${first} already`);
    },
  };
}
