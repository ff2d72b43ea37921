// R17: a code that twenty redeem in one moment, at three processes, is redeemed once, and its grant is revoked (T05).
import { type App, authorize, refresh, SPA, userinfo, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { asksForTokens } from '../support/siblings.ts';
import { claimsIn, type TokenResponse } from '../support/sign-in.ts';
import { type Arena, atOnce, grantState, openArena, type Timed } from './arena.ts';
import { type Drill, missedOf } from './drill.ts';
import { spreadOf } from './spread.ts';

const AT_ONCE = 20;
const EMAIL = 'jane@example.test';
/** Codes that one redeems alone, before and after. */
const ALONE = 20;

export const codeRace: Drill = {
  id: 'R17',
  title: 'a code that twenty redeem at once',
  async run({ short, say }) {
    const codes = short ? 20 : 200;
    const arena = await openArena();
    try {
      await arena.person(EMAIL);
      const { browser } = await authorize(arena.issuer, { email: EMAIL });
      const before = await alone(arena, browser);
      const races: Race[] = [];
      for (let round = 0; round < codes; round += 1) {
        races.push(await race(arena, round % 2 === 0 ? WEB : SPA, browser));
        if ((round + 1) % 50 === 0) say(`${round + 1} of ${codes} codes`);
      }
      return reportOf(races, { before, after: await alone(arena, browser) });
    } finally {
      await arena.close();
    }
  },
};

interface Race {
  readonly won: number;
  readonly refused: number;
  readonly milliseconds: readonly number[];
  /** Its grant, and whether what the winner got still worked. */
  readonly revoked: boolean;
}

const codeForm = async ({ issuer }: Arena, app: App, browser: Browser): Promise<Record<string, string>> => {
  const { code, request } = await authorize(issuer, { app, browser });
  return { grant_type: 'authorization_code', code, code_verifier: request.verifier, redirect_uri: app.redirectUri };
};

async function race(arena: Arena, app: App, browser: Browser): Promise<Race> {
  const form = await codeForm(arena, app, browser);
  const answers = await atOnce(arena, AT_ONCE, (send) => asksForTokens(send, arena.issuer, { form, ...app }));
  const won = answers.filter(({ answer }) => answer.status === 200);
  const dead = await Promise.all(won.map(({ answer }) => isDead(arena, app, answer)));
  return {
    won: won.length,
    refused: answers.filter(isRefused).length,
    milliseconds: answers.map(({ milliseconds }) => milliseconds),
    revoked: dead.length > 0 && dead.every(Boolean),
  };
}

const isRefused = ({ answer: { status, body } }: Timed<TokenResponse>): boolean =>
  status === 400 && body['error'] === 'invalid_grant';

async function isDead(arena: Arena, app: App, { body }: TokenResponse): Promise<boolean> {
  const state = await grantState(arena, claimsIn(body['access_token'])['gh_grant']);
  const known = await userinfo(arena.issuer, String(body['access_token']));
  const refreshed = await refresh(arena.issuer, app, String(body['refresh_token']));
  return state === 'revoked' && known.status === 401 && refreshed.status === 400;
}

async function alone(arena: Arena, browser: Browser): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < ALONE; count += 1) {
    const app = count % 2 === 0 ? WEB : SPA;
    const form = await codeForm(arena, app, browser);
    const answers = await atOnce(arena, 1, (send) => asksForTokens(send, arena.issuer, { form, ...app }));
    if (answers[0]?.answer.status !== 200) throw new Error(`a code that one redeems: ${answers[0]?.answer.status}`);
    times.push(...answers.map(({ milliseconds }) => milliseconds));
  }
  return times;
}

function reportOf(races: readonly Race[], { before, after }: { before: number[]; after: number[] }) {
  const count = (fits: (race: Race) => boolean) => races.filter(fits).length;
  const successes = races.reduce((sum, { won }) => sum + won, 0);
  const refused = races.reduce((sum, race) => sum + race.refused, 0);
  const requests = races.length * AT_ONCE;
  const [tried, lost, doubled] = [races.length, count(({ won }) => won === 0), count(({ won }) => won > 1)];
  const revoked = count((each) => each.revoked);
  const errors = requests - successes - refused;
  return {
    chains: { tried, lost, doubled },
    errors,
    latency: {
      before: spreadOf(before),
      during: spreadOf(races.flatMap(({ milliseconds }) => milliseconds)),
      after: spreadOf(after),
    },
    recoverySeconds: undefined,
    more: { requests, successes, invalid_grant: refused, 'grants revoked': revoked },
    missed: missedOf({
      [`${successes} successes of ${tried} codes`]: successes === tried && lost === 0 && doubled === 0,
      [`${revoked} of ${tried} grants revoked`]: revoked === tried,
      [`${errors} answers that are neither a success nor invalid_grant`]: errors === 0,
    }),
  };
}
