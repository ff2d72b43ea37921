// R19: what proves a person is good once, however many send it in one moment, at three processes: a code of an
// authenticator, a recovery code, the link to a new password, an invitation.
import { answerOf } from '../cli/command-line.ts';
import { requestOf, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { inLanes, numbers } from '../support/guessing.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { enrolsTotp, newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { CALLBACK, PASSWORD } from '../support/start-server.ts';
import { type Arena, openArena, timed } from './arena.ts';
import { type Drill, missedOf, type Report } from './drill.ts';
import { spreadOf } from './spread.ts';

const AT_ONCE = 20;
/** Recovery codes that one enters alone, before and after. */
const ALONE = 4;
/** Passwords are checked one after the other, on as many cores as there are. */
const LANES = 4;
/** All twenty shall be looked at: none is refused for the number of them. */
const LIMITS = `limits:
  sign_in_failures: 100
  second_factor_failures: 100
  network_accounts: 1000
  alarm_failures: 1000000
  mails_per_recipient: 100
  mails_per_network: 10000
`;

export const proofRace: Drill = {
  id: 'R19',
  title: 'a code or link that twenty use at once',
  async run({ short, say }) {
    const people = short ? 3 : 50;
    const mailbox = await startMailbox();
    const arena = await openArena({ settings: LIMITS, variables: { GATEHOUSE_SMTP_URL: mailbox.url } });
    try {
      const jane = await enrolled(arena, 'jane@example.test');
      const before = await alone(arena, jane, 0);
      const races: Race[] = [];
      for (let at = 0; at < people; at += 1) {
        const email = `person-${at}@example.test`;
        races.push(...(await factorRaces(arena, email)), await resetRace(arena, mailbox, email));
        races.push(await invitationRace(arena, `invited-${at}@example.test`));
        if ((at + 1) % 10 === 0) say(`${at + 1} of ${people} people`);
      }
      return reportOf(races, { before, after: await alone(arena, jane, ALONE) });
    } finally {
      await arena.close();
      await mailbox.close();
    }
  },
};

const KINDS = ['authenticator codes', 'recovery codes', 'links to a new password', 'invitations'] as const;

interface Race {
  readonly of: (typeof KINDS)[number];
  readonly won: number;
  readonly refused: number;
  /** Asked to come back: a busy machine made them wait for too long. */
  readonly putOff: number;
  readonly milliseconds: readonly number[];
  /** What the winner was given works. */
  readonly works: boolean;
}

interface Contest {
  readonly of: Race['of'];
  readonly browsers: readonly Browser[];
  readonly send: (browser: Browser, at: number) => Promise<unknown>;
  readonly hasWon: (browser: Browser) => boolean;
  readonly works?: (winner: number) => Promise<boolean>;
}

async function race({ of, browsers, send, hasWon, works = async () => true }: Contest): Promise<Race> {
  const times = await Promise.all(browsers.map((browser, at) => timed(() => send(browser, at))));
  const winner = browsers.findIndex(hasWon);
  return {
    of,
    won: browsers.filter(hasWon).length,
    refused: browsers.filter((browser) => !hasWon(browser) && browser.page.status === 400).length,
    putOff: browsers.filter(({ page }) => page.status === 503 && page.headers.has('retry-after')).length,
    milliseconds: times.map(({ milliseconds }) => milliseconds),
    works: winner !== -1 && (await works(winner)),
  };
}

const isBackAtApp = ({ page }: Browser): boolean =>
  page.url.startsWith(CALLBACK) && new URL(page.url).searchParams.has('code');

async function signingIn({ issuer }: Arena, identifier: string, params: { password?: string; acr?: string } = {}) {
  const { password = PASSWORD, acr } = params;
  const request = requestOf(issuer, WEB, acr === undefined ? {} : { acr_values: acr });
  return signsIn(await newBrowser().open(request.url), { identifier, password });
}

async function enrolled(arena: Arena, email: string) {
  await arena.person(email);
  const browser = await signingIn(arena, email, { acr: 'mfa' });
  return { email, ...(await enrolsTotp(browser)) };
}

type Enrolled = Awaited<ReturnType<typeof enrolled>>;

const entersCode = (browser: Browser, code = ''): Promise<Browser> => browser.submit({ code }, 'Continue');

async function alone(arena: Arena, { email, recoveryCodes }: Enrolled, from: number): Promise<number[]> {
  const times: number[] = [];
  for (const code of recoveryCodes.slice(from, from + ALONE)) {
    const browser = await signingIn(arena, email);
    times.push((await timed(() => entersCode(browser, code))).milliseconds);
    if (!isBackAtApp(browser)) throw new Error(`a recovery code alone: ${browser.text}`);
  }
  return times;
}

/** Whoever does not win with the authenticator's code tries again with a recovery code. */
async function factorRaces(arena: Arena, email: string): Promise<Race[]> {
  const { secret, recoveryCodes } = await enrolled(arena, email);
  const browsers = await inLanes(numbers(AT_ONCE), LANES, () => signingIn(arena, email));
  // The code of this step was spent by the enrolment.
  const code = totpCode(secret, 1);
  const first = await race({
    of: 'authenticator codes',
    browsers,
    send: (browser) => entersCode(browser, code),
    hasWon: isBackAtApp,
  });
  const others = browsers.filter((browser) => !isBackAtApp(browser) && browser.page.status === 400);
  const missing = await inLanes(numbers(AT_ONCE - others.length), LANES, () => signingIn(arena, email));
  const second = await race({
    of: 'recovery codes',
    browsers: [...others, ...missing],
    send: (browser) => entersCode(browser, recoveryCodes[0]),
    hasWon: isBackAtApp,
  });
  return [first, second];
}

const passwordOf = (at: number): string => `${PASSWORD} number ${at}`;

const opened = (link: string): Promise<Browser[]> =>
  inLanes(numbers(AT_ONCE), LANES, () => newBrowser().open(link) as Promise<Browser>);

async function resetRace(arena: Arena, mailbox: Mailbox, email: string): Promise<Race> {
  const asking = await newBrowser().open(requestOf(arena.issuer, WEB).url);
  await asking.click('Forgot your password?');
  await asking.submit({ identifier: email }, 'Send the link');
  const mail = await mailbox.waitFor(email, { subject: /new password/i });
  return race({
    of: 'links to a new password',
    browsers: await opened(lastLink(mail, /reset-password\?token=/)),
    send: (browser, at) => browser.submit({ password: passwordOf(at) }, 'Set the new password'),
    hasWon: ({ title }) => title === 'Your password is changed',
    // On to the second factor, which this person has.
    works: async (winner) => {
      const browser = await signingIn(arena, email, { password: passwordOf(winner) });
      return browser.title === 'Enter your code';
    },
  });
}

async function invitationRace(arena: Arena, email: string): Promise<Race> {
  const invited = await answerOf(arena.place, ['user', 'create', '--email', email, '--invite']);
  return race({
    of: 'invitations',
    browsers: await opened(String(invited['invitation_url'])),
    send: (browser, at) => browser.submit({ password: passwordOf(at) }, 'Accept'),
    hasWon: ({ title }) => title === 'Your account is ready',
    works: async (winner) => isBackAtApp(await signingIn(arena, email, { password: passwordOf(winner) })),
  });
}

function reportOf(races: readonly Race[], times: Record<'before' | 'after', readonly number[]>): Report {
  const lost = races.filter(({ won, works }) => won === 0 || !works).length;
  const doubled = races.filter(({ won }) => won > 1).length;
  const putOff = races.reduce((sum, race) => sum + race.putOff, 0);
  const errors = races.reduce((sum, { won, refused }) => sum + AT_ONCE - won - refused, 0);
  const ofKind = (kind: Race['of']) => races.filter(({ of }) => of === kind);
  const once = (kind: Race['of']) => ofKind(kind).filter(({ won, works }) => won === 1 && works).length;
  const timesOf = (kind: Race['of']) => ofKind(kind).flatMap(({ milliseconds }) => milliseconds);
  const inWords = (kind: Race['of']) => {
    const { p50, p99 } = spreadOf(timesOf(kind));
    return `${once(kind)} of ${ofKind(kind).length} good once; p50/p99 ${p50}/${p99} ms`;
  };
  return {
    chains: { tried: races.length, lost, doubled },
    errors,
    latency: {
      before: spreadOf(times.before),
      during: spreadOf([...timesOf('authenticator codes'), ...timesOf('recovery codes')]),
      after: spreadOf(times.after),
    },
    recoverySeconds: undefined,
    more: { ...Object.fromEntries(KINDS.map((kind) => [kind, inWords(kind)])), 'asked to come back': putOff },
    missed: missedOf({
      ...Object.fromEntries(KINDS.map((kind) => [`${kind} are good once`, once(kind) === ofKind(kind).length])),
      'every other answer is a refusal, or asks to come back': errors === putOff,
    }),
  };
}
