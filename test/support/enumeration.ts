// Asking whether somebody has an account, in every way the outside has: the same question about people who have one and who have none.
import type { Browser } from './browser.ts';
import { authorizationRequest, newBrowser } from './sign-in.ts';
import type { TestServer } from './start-server.ts';

/** What somebody outside gets to see: status, headers and body, with what is different each time taken out. */
export interface Seen {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

export interface Answer extends Seen {
  readonly milliseconds: number;
}

/** Behind a proxy that says where each question comes from. */
export const BEHIND_PROXY = 'server: { trusted_proxies: [127.0.0.1/32] }\nregistration: { policy: open }\n';

/** Who is asked about; all addresses are equally long. */
export type Who = 'has an account' | 'has none' | 'is banned' | 'has no password';

export interface Question {
  readonly name: string;
  readonly about: readonly Who[];
  /** One question, by a browser that was never here; `address` is where it seems to come from. */
  ask(server: TestServer, identifier: string, address: string): Promise<Answer>;
}

/** Everything that is random, and the identifier that was typed. */
const MASKS: readonly [RegExp, string][] = [
  [/expires=[^;]*/g, 'expires=LATER'],
  [/\d{1,3}(?:\.\d{1,3}){3}/g, 'ADDRESS'],
  [/[\w-]{20,}(?:\.[\w-]{20,})*/g, 'RANDOM'],
  [/person-\d{9}/g, 'PERSON'],
];

const masked = (text: string): string => MASKS.reduce((rest, [found, word]) => rest.replaceAll(found, word), text);

function seen(response: Response, body: string, milliseconds: number): Answer {
  const headers = [...response.headers]
    .filter(([name]) => !['date', 'etag'].includes(name))
    .map(([name, value]) => `${name}: ${masked(value)}`);
  return { status: response.status, headers: headers.sort().join('\n'), body: masked(body), milliseconds };
}

/** Fills in the form that a person sees, and measures nothing but the answer to it. */
async function submit({
  open,
  fields,
  button,
  address,
}: {
  open: string;
  fields: Record<string, string>;
  button: string;
  address: string;
}): Promise<Answer> {
  const browser = newBrowser({ headers: { 'x-forwarded-for': address } });
  await browser.open(open);
  return (await press(browser, fields, button)).answer;
}

async function press(
  browser: Browser,
  fields: Record<string, string>,
  button: string,
): Promise<{ answer: Answer; leadsTo: string }> {
  const { action, data } = browser.form(fields, button);
  const from = performance.now();
  const response = await browser.request(action, { method: 'POST', form: data });
  const body = await response.text();
  const answer = seen(response, body, performance.now() - from);
  return { answer, leadsTo: new URL(response.headers.get('location') ?? action, action).href };
}

/** Up to the page that asks for the code. */
async function signsUp(
  server: TestServer,
  email: string,
  address: string,
): Promise<{ browser: Browser; answer: Answer }> {
  const browser = newBrowser({ headers: { 'x-forwarded-for': address } });
  await browser.open(authorizationRequest(server.issuer, { prompt: 'create' }).url);
  const { answer, leadsTo } = await press(browser, { email, password: 'a rather long pass phrase' }, 'Create');
  await browser.open(leadsTo);
  return { browser, answer };
}

export const QUESTIONS: readonly Question[] = [
  {
    name: 'signing in with a wrong password',
    about: ['has an account', 'has none', 'is banned', 'has no password'],
    ask: (server, identifier, address) =>
      submit({
        open: authorizationRequest(server.issuer).url,
        fields: { identifier, password: 'not the password of anybody' },
        button: 'Sign in',
        address,
      }),
  },
  {
    name: 'asking for a new password',
    about: ['has an account', 'has none', 'is banned', 'has no password'],
    ask: (server, identifier, address) =>
      submit({ open: `${server.issuer}/reset-password`, fields: { identifier }, button: 'Send', address }),
  },
  {
    name: 'signing up',
    about: ['has an account', 'has none', 'is banned', 'has no password'],
    ask: async (server, identifier, address) => (await signsUp(server, identifier, address)).answer,
  },
  {
    name: 'asking for another code while signing up',
    about: ['has an account', 'has none', 'is banned', 'has no password'],
    async ask(server, identifier, address) {
      const { browser } = await signsUp(server, identifier, address);
      return (await press(browser, {}, 'Send a new')).answer;
    },
  },
  {
    name: 'entering a wrong code while signing up',
    about: ['has an account', 'has none', 'is banned', 'has no password'],
    async ask(server, identifier, address) {
      const { browser } = await signsUp(server, identifier, address);
      return (await press(browser, { code: '00000000' }, 'Continue')).answer;
    },
  },
];

let people = 100_000_000;
let addresses = 0;

/** Every question comes from another network (/24), so that no limit is met. */
export function nextAddress(): string {
  addresses += 1;
  return `10.${addresses >> 8}.${addresses & 255}.7`;
}

/** An address of somebody new, who is what is asked for. */
export async function somebody(server: TestServer, who: Who): Promise<string> {
  people += 1;
  const email = `person-${people}@example.test`;
  // An account is made each time: what that leaves the machine to do would tell the answers apart otherwise.
  const { id } = await server.person({ email: who === 'has none' ? `other-${people}@example.test` : email });
  if (who === 'has none') return email;
  const { db } = server.database;
  const accounts = db.updateTable('accounts').where('id', '=', id);
  if (who === 'is banned') await accounts.set({ status: 'banned' }).execute();
  if (who === 'has no password') await accounts.set({ password_hash: null }).execute();
  return email;
}
