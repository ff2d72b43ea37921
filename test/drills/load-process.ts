// The load, in a process of its own. It asks when it is due, whatever became of what was asked before; and an answer is as slow
// as whoever was due then has waited (no coordinated omission).
import { type Apps, doneOf } from './apps-asking.ts';
import { hold } from './apps-chains.ts';
import { checked, shownAgain, someRevoked } from './apps-check.ts';
import { keyReader } from './apps-keys.ts';
import { entranceTo, networksOf } from './visitors.ts';
import type { FromLoad, Kind, Outcome, Plan, Rates, ToLoad } from './workload.ts';

const TELL_EVERY_MS = 250;
const MOST_WORDS = 40;

const tell = (message: FromLoad) => void process.send?.(message);
let outcomes: Outcome[] = [];
let underWay = 0;
let apps: Apps | undefined;
const due = new Map<Kind, NodeJS.Timeout>();

async function begin(plan: Plan): Promise<Apps> {
  const entrance = entranceTo(plan);
  const { keysCachedSeconds } = plan;
  const reader = keysCachedSeconds === undefined ? undefined : keyReader(entrance, keysCachedSeconds);
  const { revoked, chains } = await someRevoked(entrance, plan.chains.map(hold));
  return { entrance, networks: networksOf(plan), plan, chains, revoked, reader, words: [], untrue: 0, saidRevoked: 0 };
}

async function once(kind: Kind, at: number): Promise<void> {
  if (apps === undefined) return;
  underWay += 1;
  const { answer, good, why, since = at } = await doneOf(apps, kind);
  underWay -= 1;
  const now = Date.now();
  const times = { at, ms: now - at, lastMs: now - since };
  const status = answer?.status ?? (good ? 200 : 0);
  const comeBack = answer?.comeBack === true;
  outcomes.push({ kind, ...times, status, good, comeBack, ...(why === undefined ? {} : { why }) });
  if (why !== undefined && good && apps.words.length < MOST_WORDS) apps.words.push(why);
  if (why !== undefined && status === 400 && apps.words.length < MOST_WORDS) apps.words.push(why);
}

/** As often as this, whether or not the ones before are done. */
function keepAsking(kind: Kind, rate: number): void {
  clearTimeout(due.get(kind));
  if (rate <= 0) return;
  const every = 1000 / rate;
  let at = Date.now() + Math.random() * every;
  const catchUp = () => {
    for (; at <= Date.now(); at += every) void once(kind, at);
    due.set(kind, setTimeout(catchUp, Math.max(0, at - Date.now())));
  };
  catchUp();
}

function follow(rates: Rates): void {
  for (const kind of due.keys()) if (rates[kind] === undefined) keepAsking(kind, 0);
  for (const [kind, rate] of Object.entries(rates)) keepAsking(kind as Kind, rate);
}

async function untilAllAnswered(): Promise<void> {
  follow({});
  while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

function flush(): void {
  if (outcomes.length === 0) return;
  tell({ outcomes });
  outcomes = [];
}

process.on('message', (message: ToLoad) => {
  if (message.do === 'plan') {
    void begin(message.plan).then((begun) => {
      apps = begun;
      tell({ ready: true });
    });
  } else if (message.do === 'rates') follow(message.rates);
  else if (message.do === 'show') {
    if (apps !== undefined) void shownAgain(apps, message.broken).then((shown) => tell({ shown }));
  } else {
    void untilAllAnswered()
      .then(() => apps && checked(apps))
      .then((found) => {
        flush();
        if (found !== undefined) tell({ checked: found });
      });
  }
});
setInterval(flush, TELL_EVERY_MS);
process.on('disconnect', () => process.exit(0));
