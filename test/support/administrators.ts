// People who administer the server, signed in at its console.

import type { Browser } from './browser.ts';
import { movingClock } from './moving-clock.ts';
import { newBrowser, signsIn, totpCode } from './sign-in.ts';
import { PASSWORD, type TestServer } from './start-server.ts';
import { enrols } from './visits.ts';

export interface AdministratorInTest {
  readonly id: string;
  readonly email: string;
  /** At the console, signed in with a second factor. */
  readonly browser: Browser;
  /** Signs in once more, as the console asks for it before a change when the last sign-in is some minutes ago. */
  freshens(): Promise<void>;
  /** Opens a page of the console and sends a form of it; signs in once more where that is asked for. */
  does(path: string, fields: Record<string, string>, button: string): Promise<Browser>;
}

let made = 0;

/** With an authenticator; the browser stands at `/admin`. */
export async function administrator(
  server: TestServer,
  { roles = ['gatehouse:admin'], email }: { roles?: readonly string[]; email?: string } = {},
): Promise<AdministratorInTest> {
  made += 1;
  const identifier = email ?? `administrator-${made}@example.test`;
  const { id } = await server.person({ email: identifier, name: `Administrator ${made}`, roles: [...roles] });
  const { secret } = await enrols(server, { identifier });
  const browser = newBrowser();
  const signIn = async () => {
    await signsIn(browser, { identifier, password: PASSWORD });
    await browser.submit({ code: totpCode(secret) }, 'Continue');
    movingClock.advance({ seconds: 30 });
  };
  await browser.open(`${server.issuer}/admin`);
  await signIn();
  const freshens = async () => {
    movingClock.advance({ seconds: 30 });
    await browser.submit({ password: PASSWORD }, 'Confirm');
    await browser.submit({ code: totpCode(secret) }, 'Continue');
    movingClock.advance({ seconds: 30 });
  };
  const isAskedAgain = () => browser.title.startsWith('Confirm');
  return {
    id,
    email: identifier,
    browser,
    freshens,
    async does(path, fields, button) {
      await browser.open(`${server.issuer}${path}`);
      if (isAskedAgain()) await freshens();
      await browser.submit(fields, button);
      if (!isAskedAgain()) return browser;
      await freshens();
      return browser.submit(fields, button);
    },
  };
}
