// R23: the mail server takes connections and says nothing for half a minute. Nobody but the mails waits for it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { withClient } from './cluster.ts';
import { type Drill, missedOf, type Report, type Spread } from './drill.ts';
import { failed, ofKind, type Span, spreadOf, statusesOf, within } from './measures.ts';
import { refusalsIn } from './outages.ts';
import { neverIn, type Observed, type Stage, underLoad } from './under-load.ts';
import { type Kind, W } from './workload.ts';

const LEAST_HOURS = 24;
/** What a p99 may differ by without meaning anything. */
const NOISE = { factor: 1.5, ms: 50 };
const SETTINGS = 'limits: { mails_per_network: 10000, mails_per_recipient: 100 }\n';

/** How long mails wait that were under way when it went is not what is measured here. */
const PATIENCE_SECONDS = 150;
const WAITING = `select count(*)::int as waiting,
  coalesce(min(extract(epoch from give_up_after - created_at)), 0)::float8 / 3600 as hours
  from mail_outbox where delivered_at is null`;

interface Waiting {
  readonly waiting: number;
  readonly hours: number;
}

const waitingIn = (databaseUrl: string): Promise<Waiting> =>
  withClient(databaseUrl, async (client) => (await client.query<Waiting>(WAITING)).rows[0] ?? { waiting: 0, hours: 0 });

async function silence({ how, load, rates, databaseUrl, faulted }: Stage, mailbox: Mailbox) {
  faulted();
  // Who is connected already is cut off.
  await mailbox.dies();
  await mailbox.comesBack();
  mailbox.hangs('connection');
  const from = Date.now();
  await sleep(how.short ? 6_000 : 30_000);
  const to = Date.now();
  const { waiting, hours } = await waitingIn(databaseUrl);
  // Who was waited for breaks off: mails under way are given back.
  await mailbox.dies();
  await mailbox.comesBack();
  load.rates({});
  const deliveredAfter = await untilDelivered(databaseUrl);
  load.rates(rates);
  return { during: { from, to }, waiting, hours, deliveredAfter };
}

/** Seconds until nothing waits; undefined: something still does. */
async function untilDelivered(databaseUrl: string): Promise<number | undefined> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  while (seconds() < PATIENCE_SECONDS) {
    if ((await waitingIn(databaseUrl)).waiting === 0) return Math.round(seconds());
    await sleep(250);
  }
  return undefined;
}

export const silentMailServer: Drill = {
  id: 'R23',
  title: 'the mail server says nothing for half a minute',
  async run(how): Promise<Report> {
    const mailbox = await startMailbox();
    try {
      const variables = { GATEHOUSE_SMTP_URL: mailbox.url };
      const course = { rates: { ...W, forgot: how.short ? 8 : 2 }, settings: SETTINGS, variables };
      const seen = await underLoad(how, course, (stage) => silence(stage, mailbox));
      return reportOn(seen, mailbox, how.short);
    } finally {
      await mailbox.close();
    }
  },
};

type Seen = Observed<Awaited<ReturnType<typeof silence>>>;

function reportOn(seen: Seen, mailbox: Mailbox, short: boolean): Report {
  const { during, waiting, hours, deliveredAfter } = seen.found;
  const spread = (kind: Kind, span: Span) => spreadOf(ofKind(within(seen.outcomes, span), kind));
  const logins = [spread('login', seen.peace), spread('login', during)] as const;
  const forgot = [spread('forgot', seen.peace), spread('forgot', during)] as const;
  // Beside other tests two cores have not always time for everybody: who is asked to come back did not wait for mails.
  const answered = within(seen.outcomes, during);
  const failures = short ? refusalsIn(answered).blunt : failed(answered);
  const mails = mailbox.all();
  const twice = mails.length - new Set(mails.map(({ messageId }) => messageId)).size;
  const timed = {
    [`signing in takes as long as before (${inWords(logins)})`]: isAsQuick(logins),
    [`asking for a new password takes as long as before (${inWords(forgot)})`]: isAsQuick(forgot),
  };
  return {
    chains: seen.chains,
    errors: seen.errors.length,
    latency: seen.latency,
    recoverySeconds: deliveredAfter,
    more: {
      'p50/p99 of signing in, before and during': inWords(logins),
      'p50/p99 of asking for a new password, before and during': inWords(forgot),
      'mails waiting when it came back': waiting,
      'mails that arrived': mails.length,
      'hours a mail is tried for': Math.round(hours),
      ...seen.more,
    },
    missed: missedOf({
      ...neverIn(seen),
      'mails waited': waiting > 0,
      [`nobody fails to sign in or to ask for a password (${statusesOf(failures)})`]: failures.length === 0,
      [`a mail is tried for ${LEAST_HOURS} hours`]: hours >= LEAST_HOURS,
      'all mails arrive': deliveredAfter !== undefined,
      'no mail arrives twice': twice === 0,
      ...(short ? {} : timed),
    }),
  };
}

type BeforeAndDuring = readonly [Spread, Spread];

const isAsQuick = ([before, during]: BeforeAndDuring): boolean =>
  (during.p99 ?? 0) <= Math.max((before.p99 ?? 0) * NOISE.factor, (before.p99 ?? 0) + NOISE.ms);

const inWords = ([before, during]: BeforeAndDuring): string =>
  `${before.p50}/${before.p99} and ${during.p50}/${during.p99} ms`;
