// R18: a refresh token that ten use in one moment, at three processes. A public client's forks nothing and ends the family
// (T07); a confidential client's is not replaced (RFC 9700 section 4.14.2), so all ten succeed and one token lives on.
import { type App, authorize, redeemFor, refresh, SPA, tokensOf, userinfo, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { asksForTokens } from '../support/siblings.ts';
import { claimsIn, type TokenResponse } from '../support/sign-in.ts';
import { type Arena, atOnce, grantState, openArena, type Timed, timed } from './arena.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { spreadOf } from './spread.ts';

const AT_ONCE = 10;
const EMAIL = 'jane@example.test';
/** Tokens that one uses alone, before and after. */
const ALONE = 20;
const OFFLINE = { scope: 'openid profile offline_access' };

export const refreshRace: Drill = {
  id: 'R18',
  title: 'a refresh token that ten use at once',
  async run({ short, say }) {
    const tokens = short ? 20 : 200;
    const arena = await openArena();
    try {
      await arena.person(EMAIL);
      const { browser } = await authorize(arena.issuer, { email: EMAIL });
      const before = await alone(arena, browser);
      const confidential = await races(tokens, () => race(arena, browser, { app: WEB, ended: livesOnce }));
      say(`${tokens} tokens of a confidential client`);
      const ofPublic = await races(tokens, () => race(arena, browser, { app: SPA, ended: isDead }));
      say(`${tokens} tokens of a public client`);
      return reportOf({ confidential, ofPublic }, { before, after: await alone(arena, browser) });
    } finally {
      await arena.close();
    }
  },
};

interface Race {
  readonly won: number;
  readonly refused: number;
  readonly milliseconds: readonly number[];
  /** As it should be for this kind of client. */
  readonly endedWell: boolean;
}

interface Contest {
  readonly app: App;
  readonly ended: (arena: Arena, family: Family) => Promise<boolean>;
}

interface Family {
  readonly app: App;
  /** The first, and what was issued in the race. */
  readonly issued: readonly TokenResponse['body'][];
  /** Refresh tokens of its grant that were good before the race; one session has one grant for each app. */
  readonly liveBefore: number;
}

async function races(count: number, once: () => Promise<Race>): Promise<Race[]> {
  const all: Race[] = [];
  while (all.length < count) all.push(await once());
  return all;
}

async function newTokens({ issuer }: Arena, browser: Browser, app: App): Promise<TokenResponse['body']> {
  const authorized = await authorize(issuer, { app, browser, params: OFFLINE });
  const { status, body } = await redeemFor(issuer, app, authorized);
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return body;
}

async function race(arena: Arena, browser: Browser, { app, ended }: Contest): Promise<Race> {
  const parent = await newTokens(arena, browser, app);
  const liveBefore = await liveTokens(arena, parent);
  const form = { grant_type: 'refresh_token', refresh_token: String(parent['refresh_token']) };
  const answers = await atOnce(arena, AT_ONCE, (send) => asksForTokens(send, arena.issuer, { form, ...app }));
  const won = answers.filter(({ answer }) => answer.status === 200).map(({ answer }) => answer.body);
  return {
    won: won.length,
    refused: answers.filter(isRefused).length,
    milliseconds: answers.map(({ milliseconds }) => milliseconds),
    endedWell: await ended(arena, { app, issued: [parent, ...won], liveBefore }),
  };
}

const isRefused = ({ answer: { status, body } }: Timed<TokenResponse>): boolean =>
  status === 400 && body['error'] === 'invalid_grant';

const grantOf = (body: TokenResponse['body'] | undefined): unknown => claimsIn(body?.['access_token'])['gh_grant'];

/** Nothing of it works, and its grant is revoked. */
async function isDead(arena: Arena, { app, issued }: Family): Promise<boolean> {
  for (const body of issued) {
    const { accessToken, refreshToken } = tokensOf(body);
    if ((await refresh(arena.issuer, app, refreshToken)).status !== 400) return false;
    if ((await userinfo(arena.issuer, accessToken)).status !== 401) return false;
  }
  return (await grantState(arena, grantOf(issued[0]))) === 'revoked';
}

/** One refresh token, the one that everybody was told, and it works. */
async function livesOnce(arena: Arena, { app, issued, liveBefore }: Family): Promise<boolean> {
  const [parent = {}] = issued;
  const told = new Set(issued.map(({ refresh_token: token = parent['refresh_token'] }) => String(token)));
  const [token = ''] = told;
  const more = (await liveTokens(arena, parent)) - liveBefore;
  return told.size === 1 && more === 0 && (await refresh(arena.issuer, app, token)).status === 200;
}

async function liveTokens({ query }: Arena, body: TokenResponse['body']): Promise<number> {
  const rows = await query<{ live: number }>(
    `select count(*)::int as live from oidc_payloads
      where model = 'RefreshToken' and grant_id = $1 and consumed_at is null and destroyed_at is null`,
    [grantOf(body)],
  );
  return rows[0]?.live ?? 0;
}

async function alone(arena: Arena, browser: Browser): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < ALONE; count += 1) {
    const app = count % 2 === 0 ? WEB : SPA;
    const { refreshToken } = tokensOf(await newTokens(arena, browser, app));
    const { answer, milliseconds } = await timed(() => refresh(arena.issuer, app, refreshToken));
    if (answer.status !== 200) throw new Error(`a refresh alone: ${answer.status}`);
    times.push(milliseconds);
  }
  return times;
}

const total = (of: readonly Race[], figure: 'won' | 'refused'): number =>
  of.reduce((sum, race) => sum + race[figure], 0);

function reportOf(
  { confidential, ofPublic }: Record<'confidential' | 'ofPublic', readonly Race[]>,
  { before, after }: Record<'before' | 'after', readonly number[]>,
): Report {
  const all = [...confidential, ...ofPublic];
  const forks = ofPublic.filter(({ won }) => won > 1).length;
  const dead = ofPublic.filter(({ endedWell }) => endedWell).length;
  const living = confidential.filter(({ endedWell }) => endedWell).length;
  const lost = confidential.length - living + ofPublic.filter(({ won }) => won === 0).length;
  const errors = all.length * AT_ONCE - total(all, 'won') - total(all, 'refused');
  return {
    chains: { tried: all.length, lost, doubled: forks },
    errors,
    latency: {
      before: spreadOf(before),
      during: spreadOf(all.flatMap(({ milliseconds }) => milliseconds)),
      after: spreadOf(after),
    },
    recoverySeconds: undefined,
    more: {
      'public: successes': `${total(ofPublic, 'won')} of ${ofPublic.length * AT_ONCE} uses of ${ofPublic.length} tokens`,
      'public: families revoked': `${dead} of ${ofPublic.length}`,
      'confidential: successes': `${total(confidential, 'won')} of ${confidential.length * AT_ONCE} uses`,
      'confidential: tokens that live, one each': `${living} of ${confidential.length}`,
    },
    missed: missedOf({
      'each token of a public client has one success': ofPublic.every(({ won }) => won === 1),
      'each family of a public client is revoked': dead === ofPublic.length,
      'each use by a confidential client succeeds': confidential.every(({ won }) => won === AT_ONCE),
      'each confidential client has one token that works': living === confidential.length,
      'every other answer is invalid_grant': errors === 0,
    }),
  };
}
