// How apps and people of drills reach a site: over TLS, each connection their own.
import type { LookupFunction } from 'node:net';
import { decodeJwt } from 'jose';
import { Agent, request } from 'undici';
import { Browser, type Send } from '../support/browser.ts';
import { authorizationRequest, basic, callbackOf, signsIn } from '../support/sign-in.ts';
import type { Chain } from './workload.ts';

export interface Entrance {
  readonly issuer: string;
  readonly agent: Agent;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly comeBack: boolean;
}

/** Milliseconds; longer than nginx waits. */
const PATIENCE_MS = 40_000;

interface Door {
  readonly issuer: string;
  readonly certificate: string;
  /** The address that nginx sees. */
  readonly from?: string;
}

export function entranceTo({ issuer, certificate, from = '127.0.0.1' }: Door): Entrance {
  const connect = { ca: certificate, lookup: toLoopback };
  const patience = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS };
  return { issuer, agent: new Agent({ connect, localAddress: from, ...patience }) };
}

/** People come from many networks, and each has limits of its own. */
export const networksOf = (door: Door): Entrance[] =>
  Array.from({ length: 60 }, (_, index) => entranceTo({ ...door, from: `127.1.${index}.1` }));

const toLoopback: LookupFunction = (_name, { all }, found) =>
  all === true ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4);

interface Asked {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws what undici throws where there is no answer */
export async function ask({ issuer, agent }: Entrance, at: string, { form, headers }: Asked = {}): Promise<Answer> {
  const content = form && { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await request(`${issuer}${at}`, {
    dispatcher: agent,
    method: form === undefined ? 'GET' : 'POST',
    headers: { ...content, ...headers },
    ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
  });
  const comeBack = answer.headers['retry-after'] !== undefined;
  return { status: answer.statusCode, text: await answer.body.text(), comeBack };
}

/** A form of this client, with its secret if it has one. */
export const askAs = (
  entrance: Entrance,
  { clientId, secret }: Pick<Chain, 'clientId' | 'secret'>,
  { at, form }: { at: string; form: Readonly<Record<string, string>> },
): Promise<Answer> =>
  secret === null
    ? ask(entrance, at, { form: { ...form, client_id: clientId } })
    : ask(entrance, at, { form, headers: { authorization: basic(clientId, secret) } });

const send =
  ({ agent }: Entrance): Send =>
  async (url, { method, headers, body }) => {
    const answer = await request(url, {
      dispatcher: agent,
      method: method as 'GET' | 'POST',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const given = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    );
    const text = await answer.body.text();
    const response = new Response(text === '' ? null : text, { status: answer.statusCode, headers: given });
    return Object.defineProperty(response, 'url', { value: url });
  };

/** Whoever uses it asks again as soon as they are answered. */
export class TimedBrowser extends Browser {
  /** When the last answer came, and the one before it. */
  answered: { readonly last?: number; readonly before?: number | undefined } = {};

  override async request(...asked: Parameters<Browser['request']>): Promise<Response> {
    const answer = await super.request(...asked);
    this.answered = { last: Date.now(), before: this.answered.last };
    return answer;
  }
}

export const browserAt = (entrance: Entrance, jar?: Browser['jar']): TimedBrowser =>
  new TimedBrowser({
    send: send(entrance),
    stopAt: (url) => url.startsWith('https://drill.example.test/'),
    ...(jar === undefined ? {} : { jar }),
  });

export const CALLBACK = 'https://drill.example.test/callback';
export const SECRET_OF_APPS = 'the-secret-of-the-apps-of-drills-0123456789';
const PASSWORD = 'correct horse battery staple';

/** Somebody did not get through; the status of the page where they are, and since when they waited for it. */
export class Stranded extends Error {
  readonly answer: Answer;
  readonly since: number | undefined;
  constructor(answer: Answer, since: number | undefined) {
    const words = answer.text.replaceAll(/<[^>]*>|\s+/g, ' ').trim();
    super(`${answer.status}: ${words.slice(0, 160)}`);
    this.answer = answer;
    this.since = since;
  }
}

const strandedAt = ({ page, answered }: TimedBrowser): Stranded => {
  const answer = { status: page.status, text: page.text, comeBack: page.headers.has('retry-after') };
  return new Stranded(answer, answered.before);
};

export interface Visit {
  readonly clientId: string;
  readonly browser: TimedBrowser;
  /** Who signs in if the page asks. Undefined: nobody is there to. */
  readonly email?: string;
}

/** Where an app sends a person. */
export const authorizationAt = ({ issuer }: Entrance, clientId: string): string =>
  authorizationRequest(issuer, { client_id: clientId, redirect_uri: CALLBACK }).url;

/** @throws Stranded */
export async function authorized(entrance: Entrance, { clientId, browser, email }: Visit) {
  const request = authorizationRequest(entrance.issuer, { client_id: clientId, redirect_uri: CALLBACK });
  await browser.open(request.url);
  if (email !== undefined && browser.page.text.includes('name="password"')) {
    await signsIn(browser, { identifier: email, password: PASSWORD });
  }
  const code = browser.page.url.startsWith(CALLBACK) ? callbackOf(browser).get('code') : null;
  if (code === null) throw strandedAt(browser);
  return { code, verifier: request.verifier };
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
}

/** A person goes to an app and comes back, and the app redeems the code. @throws Stranded */
export async function newChain(entrance: Entrance, visit: Visit): Promise<{ chain: Chain; tokens: TokenAnswer }> {
  const { clientId } = visit;
  const { code, verifier } = await authorized(entrance, visit);
  const secret = clientId.startsWith('public') ? null : SECRET_OF_APPS;
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK };
  const answer = await askAs(entrance, { clientId, secret }, { at: '/token', form });
  if (answer.status !== 200) throw new Stranded(answer, visit.browser.answered.last);
  const tokens = JSON.parse(answer.text) as TokenAnswer;
  const subject = decodeJwt(tokens.id_token).sub ?? '';
  const chain = { clientId, secret, subject, accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
  return { chain, tokens };
}

export const clientFiles = (pairs: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: pairs }, (_, index) => [
      [`public-${index}`, appFile(`public-${index}`, 'preset: spa')],
      [`web-${index}`, appFile(`web-${index}`, `preset: web\nclient_secrets: [{ env: SECRET_OF_APPS }]`)],
    ]).flat(),
  );

const appFile = (id: string, kind: string): string => `client_id: ${id}
client_name: ${id}
${kind}
redirect_uris: ["${CALLBACK}"]
consent: skip
scope: openid profile email roles offline_access
`;
