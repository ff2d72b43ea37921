// What apps look at besides the load: a few chains are revoked before anything breaks; in the end every app refreshes what it
// holds, and shows again what it has used.
import { type Apps, asksAboutRevoked, untrue } from './apps-asking.ts';
import { type Held, refreshes, type Used } from './apps-chains.ts';
import { type Answer, askAs, type Entrance } from './visitors.ts';
import type { Checked, Shown } from './workload.ts';

const AT_ONCE = 12;
const TRIES = 8;
const BETWEEN_TRIES_MS = 500;
/** Of each kind. */
const MOST_SHOWN_AGAIN = 150;
const MOST_REVOKED = 40;

/** One in ten of confidential clients, which may ask about their tokens afterwards. */
export async function someRevoked(entrance: Entrance, all: readonly Held[]): Promise<Pick<Apps, 'revoked' | 'chains'>> {
  const confidential = all.filter(({ secret }) => secret !== null);
  const revoked = confidential.slice(0, Math.min(MOST_REVOKED, Math.ceil(confidential.length / 10)));
  await inLanes(revoked, async (held) => {
    const form = { token: held.refreshToken };
    const { status } = await answered(() => askAs(entrance, held, { at: '/token/revocation', form }));
    if (status !== 200) throw new Error(`revoking was answered with ${status}`);
  });
  return { revoked, chains: all.filter((each) => !revoked.includes(each)) };
}

export async function checked(apps: Apps): Promise<Checked> {
  const { chains, words, reader } = apps;
  await inLanes(chains, async (held) => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { why } = await stillGood(apps, held);
      if (why !== undefined) words.push(why);
      if (held.standing !== 'unsure') return;
      await pause();
    }
    words.push(`${held.clientId}: never answered`);
    held.standing = 'lost';
  });
  await inLanes(apps.revoked, (held) => staysRevoked(apps, held));
  const count = (standing: Held['standing']) => chains.filter((each) => each.standing === standing).length;
  return {
    tried: chains.length,
    lost: count('lost'),
    forced: count('forced'),
    untrue: apps.untrue,
    saidRevoked: apps.saidRevoked,
    verified: reader?.verified ?? 0,
    unverified: reader?.unverified ?? 0,
    words: [...words, ...(reader?.words ?? [])].slice(0, 20),
  };
}

async function stillGood({ entrance }: Apps, held: Held): Promise<{ why?: string | undefined }> {
  if (held.standing === 'good' || held.standing === 'unsure') return refreshes(entrance, held);
  return {};
}

async function staysRevoked(apps: Apps, held: Held): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const { good, why } = await asksAboutRevoked(apps, held);
    if (why !== undefined) apps.words.push(why);
    if (good) break;
    await pause();
  }
  const form = { grant_type: 'refresh_token', refresh_token: held.refreshToken };
  const { status } = await askAs(apps.entrance, held, { at: '/token', form });
  if (status === 200) apps.words.push(untrue(apps, `${held.clientId}: revoked, and refreshed`));
}

/** One of each chain, as that ends the chain: tokens that were used before anything broke, and while something was broken. */
export async function shownAgain({ chains, entrance }: Apps, broken: { from: number; to: number }): Promise<Shown> {
  const left = new Set(chains.filter(({ standing }) => standing === 'good'));
  const some = (fits: (used: Used) => boolean) => {
    const found = [...left].flatMap((held) => {
      const used = held.used.findLast(fits);
      return used === undefined ? [] : [{ held, used }];
    });
    const chosen = found.slice(0, MOST_SHOWN_AGAIN);
    for (const { held } of chosen) left.delete(held);
    return chosen;
  };
  const during = some(({ at }) => at >= broken.from && at < broken.to);
  const before = some(({ at }) => at < broken.from);
  const answers = new Map<number, number>();
  const show = async ({ held, used }: (typeof before)[number]) => {
    const form = { grant_type: 'refresh_token', refresh_token: used.token };
    const { status } = await answered(() => askAs(entrance, held, { at: '/token', form }));
    answers.set(status, (answers.get(status) ?? 0) + 1);
  };
  await inLanes([...before, ...during], show);
  const doubled = answers.get(200) ?? 0;
  const refused = answers.get(400) ?? 0;
  return {
    before: before.length,
    during: during.length,
    doubled,
    unsaid: before.length + during.length - doubled - refused,
  };
}

/** Who is asked to come back does, for a while. */
async function answered(asks: () => Promise<Answer>): Promise<Answer> {
  let answer = await asks();
  for (let attempt = 1; attempt < TRIES && answer.comeBack; attempt += 1) {
    await pause();
    answer = await asks();
  }
  return answer;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));

async function inLanes<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < all.length; at = next++) await work(all[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
