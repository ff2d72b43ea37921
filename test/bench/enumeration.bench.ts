// How long the answer takes, asked about somebody who has an account and about others, in turns. `npm run bench:enumeration`.
// SAMPLES=200 of each; a difference of the medians of 5 ms, or an AUC of 0.55, would tell them apart.
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { BEHIND_PROXY, nextAddress, QUESTIONS, type Question, somebody, type Who } from '../support/enumeration.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const SAMPLES = Number(process.env['SAMPLES'] ?? 200);
const MOST_MILLISECONDS = 5;
const MOST_AUC = 0.55;
/** Mails are written and sent behind the answer: for the next question that is over. */
const PAUSE_MILLISECONDS = 25;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: `${BEHIND_PROXY}${RESOURCES}`, logLevel: 'silent' });
});
afterAll(() => server.stop());

test.each(QUESTIONS)('$name', async (question) => {
  const [known, ...others] = question.about as readonly [Who, ...Who[]];
  await inTurns(question, question.about, 10);
  const rows = [];
  for (const other of others) {
    const [ours, theirs] = await inTurns(question, [known, other], SAMPLES);
    rows.push(compared(other, ours ?? [], theirs ?? []));
  }
  console.log(`\n${question.name}, ${SAMPLES} answers each, compared with somebody who ${known}`);
  console.table(rows);
});

/** One after the other and each in turn, so that what else the machine does meets all of them alike. */
async function inTurns(question: Question, about: readonly Who[], samples: number): Promise<number[][]> {
  const times: number[][] = about.map(() => []);
  for (let turn = 0; turn < samples; turn += 1) {
    // Who comes first changes, since the first answer warms the second one's way.
    const order = turn % 2 === 0 ? [...about.keys()] : [...about.keys()].reverse();
    // Made before the first question: a ban takes longer than an account, and would leave the server more time in between.
    const people: string[] = [];
    for (const who of about) people.push(await somebody(server, who));
    for (const at of order) {
      const identifier = people[at] ?? '';
      await setTimeout(PAUSE_MILLISECONDS);
      const { milliseconds } = await question.ask(server, identifier, nextAddress());
      times[at]?.push(milliseconds);
    }
  }
  return times;
}

function compared(who: Who, ours: readonly number[], theirs: readonly number[]) {
  const difference = median(theirs) - median(ours);
  const auc = areaUnderCurve(ours, theirs);
  return {
    'asked about somebody who': who,
    'median ms': median(theirs).toFixed(1),
    'difference ms': difference.toFixed(2),
    AUC: auc.toFixed(3),
    'cannot be told apart': Math.abs(difference) <= MOST_MILLISECONDS && Math.abs(auc - 0.5) <= MOST_AUC - 0.5,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? Number(sorted[middle]) : (Number(sorted[middle - 1]) + Number(sorted[middle])) / 2;
}

/** How often somebody who bets on the slower answer is right (Mann-Whitney); 0.5 is chance. */
function areaUnderCurve(ours: readonly number[], theirs: readonly number[]): number {
  const wins = theirs.flatMap((their) => ours.map((our) => (their > our ? 1 : their === our ? 0.5 : 0)));
  return wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
}
