// The end: every app refreshes what it holds, and shows again what it has used.
import type { Apps } from './apps-asking.ts';
import { type Held, refreshes } from './apps-chains.ts';
import { askAs } from './visitors.ts';
import type { Checked } from './workload.ts';

const AT_ONCE = 12;
const TRIES = 8;
const MOST_SHOWN_AGAIN = 300;

export async function checked(apps: Apps): Promise<Checked> {
  const { chains, entrance, words, reader } = apps;
  await inLanes(chains, async (held) => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { why } = await stillGood(apps, held);
      if (why !== undefined) words.push(why);
      if (held.standing !== 'unsure') return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    words.push(`${held.clientId}: never answered`);
    held.standing = 'lost';
  });
  let doubled = 0;
  const used = chains.filter(({ spent, standing }) => spent !== undefined && standing === 'good');
  const shown = used.slice(-MOST_SHOWN_AGAIN);
  await inLanes(shown, async (held) => {
    const form = { grant_type: 'refresh_token', refresh_token: held.spent ?? '' };
    const answer = await askAs(entrance, held, { at: '/token', form });
    if (answer.status === 200) doubled += 1;
  });
  const count = (standing: Held['standing']) => chains.filter((each) => each.standing === standing).length;
  return {
    tried: chains.length,
    lost: count('lost'),
    forced: count('forced'),
    doubled,
    untrue: apps.untrue,
    shownAgain: shown.length,
    verified: reader?.verified ?? 0,
    unverified: reader?.unverified ?? 0,
    words: [...words, ...(reader?.words ?? [])].slice(0, 20),
  };
}

async function stillGood({ entrance }: Apps, held: Held): Promise<{ why?: string | undefined }> {
  if (held.standing === 'good' || held.standing === 'unsure') return refreshes(entrance, held);
  return {};
}

async function inLanes<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < all.length; at = next++) await work(all[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
