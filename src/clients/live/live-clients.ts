// The clients in force, replaced as a whole and only by a set without problems.
import { isDeepStrictEqual } from 'node:util';
import type { Client, ClientRegistry } from '../client.ts';

export interface LiveClients {
  /** Ask at every use: what it returns never changes, but the next call may return another one. */
  readonly current: () => ClientRegistry;
  /** From now on `current` is this one. */
  replace(next: ClientRegistry): ClientChanges;
  /** Calls `told` after every `replace`, until the function that it returns is called. */
  onReplace(told: () => void): () => void;
  /** The files say something else than what is in force, and cannot be used. */
  markOutdated(problems: readonly string[], now: Date): void;
  markServerFile(state: ServerFileState, problems: readonly string[]): void;
  markRoles(state: RolesFileState, problems: readonly string[]): void;
  status(): ConfigurationStatus;
  /** With file and line, of the last time they were read; for administrators alone. */
  problems(): FileProblems;
}

/** One line each; none where the files can be used. */
export interface FileProblems {
  readonly clients: readonly string[];
  /** Of roles.yaml. */
  readonly roles: readonly string[];
  /** Of gatehouse.yaml. */
  readonly server: readonly string[];
}

/** gatehouse.yaml, which is read at the start: whether it still says what the server runs with. */
export type ServerFileState = 'current' | 'needs_restart' | 'invalid';

/** roles.yaml: outdated when it has changed and has problems. */
export type RolesFileState = 'current' | 'outdated';

/** Whether the files say what is in force. Anyone may read this: no names, no paths. */
export type ConfigurationStatus = { readonly server: ServerFileState; readonly roles: RolesFileState } & (
  | { readonly clients: 'current' }
  | {
      readonly clients: 'outdated';
      /** How many there are in the client files. */
      readonly problems: number;
      readonly since: Date;
    }
);

/** Client ids, sorted. */
export interface ClientChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export function createLiveClients(first: ClientRegistry): LiveClients {
  let inForce = first;
  let status: ConfigurationStatus = { clients: 'current', server: 'current', roles: 'current' };
  let problems: FileProblems = { clients: [], roles: [], server: [] };
  const listeners = new Set<() => void>();
  return {
    current: () => inForce,
    replace(next) {
      const changes = changesBetween(inForce, next);
      inForce = next;
      problems = { ...problems, clients: [] };
      const { server, roles } = status;
      status = { clients: 'current', server, roles };
      for (const told of listeners) told();
      return changes;
    },
    onReplace(told) {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    markOutdated(found, now) {
      problems = { ...problems, clients: found };
      const since = status.clients === 'outdated' ? status.since : now;
      const { server, roles } = status;
      status = { clients: 'outdated', problems: found.length, since, server, roles };
    },
    markServerFile(server, found) {
      problems = { ...problems, server: found };
      status = { ...status, server };
    },
    markRoles(roles, found) {
      problems = { ...problems, roles: found };
      status = { ...status, roles };
    },
    status: () => status,
    problems: () => problems,
  };
}

export function changesBetween(before: ClientRegistry, after: ClientRegistry): ClientChanges {
  const ids = (registry: ClientRegistry) => [...registry.keys()].sort();
  return {
    added: ids(after).filter((id) => !before.has(id)),
    changed: ids(after).filter((id) => before.has(id) && !isSameClient(before.get(id), after.get(id))),
    removed: ids(before).filter((id) => !after.has(id)),
  };
}

export const isChange = ({ added, changed, removed }: ClientChanges): boolean =>
  added.length + changed.length + removed.length > 0;

/** Where a client stands in its file makes no difference. */
const isSameClient = (left: Client | undefined, right: Client | undefined): boolean =>
  isDeepStrictEqual({ ...left, source: undefined }, { ...right, source: undefined });
