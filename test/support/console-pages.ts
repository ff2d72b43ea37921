// The pages of the console, in every state worth looking at.

import { atAccount } from './account-pages.ts';
import { administrator } from './administrators.ts';
import type { PageState, Stage } from './every-page.ts';

/** Signed in as an administrator, at a page of the console. The sign-in happens in a small browser of the tests. */
export async function atConsole(
  { server, page }: Stage,
  path: string,
  roles: readonly string[] = ['gatehouse:admin'],
): Promise<void> {
  const { browser } = await administrator(server, { roles });
  const cookies = await browser.cookiesAt(`${server.issuer}/`);
  const { issuer: url } = server;
  await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
  await page.goto(`${server.issuer}${path}`);
}

export const CONSOLE_PAGES: readonly PageState[] = [
  {
    view: 'admin/overview',
    state: 'as it opens',
    heading: 'Administration',
    open: (stage) => atConsole(stage, '/admin'),
  },
  {
    view: 'admin/forbidden',
    state: 'for somebody who administers nothing',
    heading: 'not for you',
    open: (stage) => atAccount(stage, '/admin'),
  },
];
