// Every address of the server, with something in the place of its parameters: our routes from the list that registers
// them, the engine's from the printed list.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestServer } from '../support/start-server.ts';

const PRINTED = path.join(import.meta.dirname, '../architecture/routes.txt');

export interface Address {
  readonly method: string;
  /** As it is registered: `/interaction/:uid/consent`. */
  readonly pattern: string;
  readonly url: string;
}

/** `step` is the address of a sign-in in progress; its identifier takes the place of `:uid`. */
export function everyAddress(server: TestServer, step = ''): Address[] {
  const uid = /interaction\/([\w-]+)/.exec(step)?.[1] ?? 'unknown';
  const printed = readFileSync(PRINTED, 'utf8')
    .split('\n')
    .map((line) => /^(GET|POST|PUT|DELETE|PATCH)\s+(\S+)/.exec(line))
    .filter((match) => match !== null)
    .map(([, method = '', pattern = '']) => ({ method, pattern }));
  const own = server.routes.map(({ method, path: pattern }) => ({ method, pattern }));
  const all = [...own, ...printed].filter(
    (each, at, list) =>
      list.findIndex((other) => other.method === each.method && other.pattern === each.pattern) === at,
  );
  return [...all, { method: 'GET', pattern: '/nothing-here' }, { method: 'GET', pattern: '/%' }].map((each) => ({
    ...each,
    url: `${server.issuer}${each.pattern.replace(':uid', uid).replaceAll(/:(\w+)/g, '$1')}`,
  }));
}
