// Where the pages of people who are signed in begin, and which addresses are such pages.
import type { Route } from '../http/route.ts';

export const ACCOUNT_PATH = '/account';

/** For `isPage`: asked after all routes are there. */
export const pagesAmong =
  (routes: () => readonly Route[]) =>
  (path: string): boolean =>
    routes().some((route) => isPageAt(route, path));

function isPageAt({ method, path, access }: Route, asked: string): boolean {
  if (method !== 'GET' || (access.rule !== 'signed-in' && access.rule !== 'administrator')) return false;
  const pattern = path.split('/');
  const segments = asked.split('/');
  return pattern.length === segments.length && pattern.every((part, at) => part[0] === ':' || part === segments[at]);
}
