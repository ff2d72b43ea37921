// Many wrong passwords and codes at once, each in a sign-in of its own.
import type { Browser, Send } from './browser.ts';
import { authorizationRequest, newBrowser } from './sign-in.ts';

export const WRONG = 'a wrong password of some length';

/** A fresh browser at the sign-in page: no cookie, at this address of the network, by this process. */
export async function atSignIn(
  issuer: string,
  { send, address, userAgent }: { send?: Send | undefined; address?: string; userAgent?: string } = {},
): Promise<Browser> {
  const headers: Record<string, string> = {
    ...(address === undefined ? {} : { 'x-forwarded-for': address }),
    ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
  };
  return newBrowser({ ...(send === undefined ? {} : { send }), headers }).open(authorizationRequest(issuer).url);
}

/** Sends the form once more and says how it was answered; the page stays where it was. */
export async function tries(browser: Browser, fields: Record<string, string>, button: string): Promise<number> {
  const { action, data } = browser.form(fields, button);
  const answer = await browser.request(action, { method: 'POST', form: data });
  await answer.arrayBuffer();
  return answer.status;
}

export const triesPassword = (browser: Browser, identifier: string, password = WRONG): Promise<number> =>
  tries(browser, { identifier, password }, 'Sign in');

/** Runs all of it, so many at a time. */
export async function inLanes<In, Out>(
  all: readonly In[],
  lanes: number,
  work: (each: In, at: number) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) results[at] = await work(all[at] as In, at);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** How many answers had this status. */
export const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((each) => each === status).length;

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
