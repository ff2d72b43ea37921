// R20: five apps are allowed in five tabs of one session in one moment: all of them are in the session, and all of them
// are told when it ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, answerAt, redeemFor, refresh, requestOf, tokensOf, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { type LogoutReceiver, logoutReceiver } from '../support/logout-receiver.ts';
import { type AuthorizationRequest, callbackOf, newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, WEB_SECRET } from '../support/start-server.ts';
import { type Arena, openArena, timed } from './arena.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { spreadOf } from './spread.ts';

const EMAIL = 'jane@example.test';
const APPS: readonly App[] = [1, 2, 3, 4, 5].map((number) => ({
  clientId: `tab-${number}`,
  redirectUri: CALLBACK,
  secret: WEB_SECRET,
}));
const SCOPE = 'openid profile';
/** Consents one after the other, before and after. */
const ALONE = 10;
/** Milliseconds in which an app is told that a session has ended. */
const TOLD_WITHIN_MS = 15_000;

export const twoTabs: Drill = {
  id: 'R20',
  title: 'five apps allowed at once in one session',
  async run({ short, say }) {
    const rounds = short ? 8 : 100;
    const receiver = await logoutReceiver();
    const arena = await openArena({ clients: clientFiles(receiver) });
    try {
      await arena.person(EMAIL);
      const before = await alone(arena);
      const seen: Round[] = [];
      while (seen.length < rounds) {
        seen.push(await round(arena, receiver));
        if (seen.length % 25 === 0) say(`${seen.length} of ${rounds} sessions`);
      }
      return reportOf(seen, { before, after: await alone(arena) });
    } finally {
      await arena.close();
      receiver.close();
    }
  },
};

const clientFiles = ({ uri }: LogoutReceiver): Record<string, string> =>
  Object.fromEntries(
    APPS.map(({ clientId }) => [
      clientId,
      `
client_id: ${clientId}
client_name: The app ${clientId}
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
backchannel_logout_uri: ${uri}
consent: ask
scope: openid profile
`,
    ]),
  );

interface Tab {
  readonly app: App;
  readonly tab: Browser;
  readonly request: AuthorizationRequest;
}

async function atConsent({ issuer }: Arena, browser: Browser, app: App): Promise<Tab> {
  const request = requestOf(issuer, app, { scope: SCOPE, prompt: 'consent' });
  const tab = await browser.newTab().open(request.url);
  if (!tab.page.text.includes('value="allow"')) throw new Error(`no consent page: ${tab.text.slice(0, 300)}`);
  return { app, tab, request };
}

async function signedInBrowser({ issuer }: Arena): Promise<Browser> {
  const browser = await newBrowser().open(requestOf(issuer, WEB).url);
  return signsIn(browser, { identifier: EMAIL });
}

interface Round {
  readonly milliseconds: readonly number[];
  /** Of the five apps: those that got tokens, are in the session, were told of its end, and can refresh no more. */
  readonly tokens: number;
  readonly inSession: number;
  readonly told: number;
  readonly ended: number;
}

async function round(arena: Arena, receiver: LogoutReceiver): Promise<Round> {
  const browser = await signedInBrowser(arena);
  const tabs = await Promise.all(APPS.map((app) => atConsent(arena, browser, app)));
  const allowed = await Promise.all(tabs.map(({ tab }) => timed(() => tab.submit({}, 'Allow'))));
  const redeemed = await Promise.all(
    tabs.map(({ app, tab, request }) =>
      redeemFor(arena.issuer, app, { code: callbackOf(tab).get('code') ?? 'none', request }),
    ),
  );
  const given = redeemed.filter(({ status }) => status === 200).map(({ body }) => tokensOf(body));
  const inSession = await appsInSession(arena);
  const from = receiver.received.length;
  await browser.open(`${arena.issuer}/session/end?${new URLSearchParams({ id_token_hint: given[0]?.idToken ?? '' })}`);
  const told = await toldSince(receiver, from);
  const refreshed = await Promise.all(
    given.map(({ refreshToken }, index) => refresh(arena.issuer, APPS[index] as App, refreshToken)),
  );
  return {
    milliseconds: allowed.map(({ milliseconds }) => milliseconds),
    tokens: given.length,
    inSession: inSession.filter((id) => APPS.some(({ clientId }) => clientId === id)).length,
    told: told.size,
    ended: refreshed.filter(({ status }) => status === 400).length,
  };
}

/** Of the one session there is: the others have been ended. It has a row for each identifier that a tab may still have. */
async function appsInSession({ query }: Arena): Promise<string[]> {
  const sessions = await query<{ apps: string[] }>(
    `select array_agg(distinct app) as apps
      from oidc_payloads, jsonb_object_keys(payload::jsonb -> 'authorizations') app
      where model = 'Session' and destroyed_at is null and payload ->> 'accountId' is not null group by uid`,
  );
  if (sessions.length !== 1) throw new Error(`there are ${sessions.length} sessions`);
  return sessions[0]?.apps ?? [];
}

async function toldSince({ received }: LogoutReceiver, from: number): Promise<Set<unknown>> {
  const told = () => new Set(received.slice(from).map(({ claims }) => claims.aud));
  const giveUpAt = performance.now() + TOLD_WITHIN_MS;
  while (told().size < APPS.length && performance.now() < giveUpAt) await sleep(20);
  return told();
}

async function alone(arena: Arena): Promise<number[]> {
  const browser = await signedInBrowser(arena);
  const times: number[] = [];
  for (let count = 0; count < ALONE; count += 1) {
    const { tab } = await atConsent(arena, browser, APPS[count % APPS.length] as App);
    times.push((await timed(() => tab.submit({}, 'Allow'))).milliseconds);
    if (answerAt(tab.page.url).get('code') === null) throw new Error(`a consent alone: ${tab.page.url}`);
  }
  await browser.open(`${arena.issuer}/session/end`);
  await browser.submit({}, 'Sign out');
  return times;
}

function reportOf(rounds: readonly Round[], times: Record<'before' | 'after', readonly number[]>): Report {
  const total = (figure: 'tokens' | 'inSession' | 'told' | 'ended') =>
    rounds.reduce((sum, each) => sum + each[figure], 0);
  const expected = rounds.length * APPS.length;
  const of = (figure: number) => `${figure} of ${expected}`;
  return {
    chains: { tried: expected, lost: expected - total('tokens'), doubled: 0 },
    errors: expected - total('tokens'),
    latency: {
      before: spreadOf(times.before),
      during: spreadOf(rounds.flatMap(({ milliseconds }) => milliseconds)),
      after: spreadOf(times.after),
    },
    recoverySeconds: undefined,
    more: {
      sessions: rounds.length,
      'apps in their session': of(total('inSession')),
      'apps told of its end': of(total('told')),
      'apps that can refresh no more': of(total('ended')),
    },
    missed: missedOf({
      'every app gets its tokens': total('tokens') === expected,
      'every app is in the session': total('inSession') === expected,
      'every app is told that the session has ended': total('told') === expected,
      'every refresh token ends with the session': total('ended') === expected,
    }),
  };
}
