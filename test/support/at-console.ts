// The way to a page of the console, for whoever looks at pages.
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

/** A page of the console that needs no more than an administrator who opens it. */
export const opened = (view: string, state: string, heading: string, path: string): PageState => ({
  view: `admin/${view}`,
  state,
  heading,
  open: (stage) => atConsole(stage, path),
});
