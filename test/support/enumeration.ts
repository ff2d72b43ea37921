// Asking whether somebody has an account, in every way the outside has: the same question about people who have one and who have none.
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
export const BEHIND_PROXY = 'server: { trusted_proxies: [127.0.0.1/32] }\n';

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
  const { action, data } = browser.form(fields, button);
  const from = performance.now();
  const response = await browser.request(action, { method: 'POST', form: data });
  const body = await response.text();
  return seen(response, body, performance.now() - from);
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
  if (who === 'has none') return email;
  const { id } = await server.person({ email });
  const { db } = server.database;
  const accounts = db.updateTable('accounts').where('id', '=', id);
  if (who === 'is banned') await accounts.set({ status: 'banned' }).execute();
  if (who === 'has no password') await accounts.set({ password_hash: null }).execute();
  return email;
}
