// Secrets that are too old, or that live longer than those before them.
import type { Weakening } from '../../config/effective/setting-regressions.ts';
import type { ServedSecret } from './describe-client.ts';

/** A year in which somebody has left, a laptop was lost, or a backup went astray. */
const OLDEST_DAYS = 365;
const DAY_MS = 86_400_000;

const KEY = 'client_secrets';

/** `before` is undefined for a client that is new. */
export function secretRegressions(
  before: readonly ServedSecret[] | undefined,
  after: readonly ServedSecret[],
  now: Date,
): readonly Weakening[] {
  return after.flatMap((secret) => {
    const old = before?.find(({ fingerprint }) => fingerprint === secret.fingerprint);
    return [...tooOld(secret, old, now), ...lastsLonger(secret, old, before)];
  });
}

/** By the date in the file, else since a server first served it. An expired one opens nothing. */
function tooOld(secret: ServedSecret, old: ServedSecret | undefined, now: Date): readonly Weakening[] {
  if (secret.expires !== null && new Date(secret.expires) <= now) return [];
  const since = secret.created ?? old?.firstSeen ?? null;
  const days = since === null ? 0 : Math.floor((now.getTime() - new Date(since).getTime()) / DAY_MS);
  if (days <= OLDEST_DAYS) return [];
  const how = secret.created === null ? 'served for' : 'made';
  return [
    {
      key: KEY,
      what: `secret ${secret.fingerprint} is old: ${how} ${days} days${secret.created === null ? '' : ' ago'}`,
      why: 'the longer a secret is used, the more copies of it there are; add another one and take this out',
    },
  ];
}

function lastsLonger(
  secret: ServedSecret,
  old: ServedSecret | undefined,
  before: readonly ServedSecret[] = [],
): readonly Weakening[] {
  if (secret.expires !== null) return putOff(secret, secret.expires, before);
  const wasLimited = old === undefined ? before.some(({ expires }) => expires !== null) : old.expires !== null;
  if (!wasLimited) return [];
  return [
    {
      key: KEY,
      what: `secret ${secret.fingerprint} never expires`,
      why: `${old === undefined ? 'the one before it did' : 'it did'}: a secret that is forgotten works for ever`,
    },
  ];
}

/** One may be stated twice, with different ends. */
function putOff({ fingerprint }: ServedSecret, expires: string, before: readonly ServedSecret[]): readonly Weakening[] {
  const same = before.filter((old) => old.fingerprint === fingerprint);
  const isNoLater = same.some((old) => old.expires === null || new Date(expires) <= new Date(old.expires));
  if (same.length === 0 || isNoLater) return [];
  return [
    {
      key: KEY,
      what: `secret ${fingerprint} expires later than it did`,
      why: 'the longer a secret is used, the more copies of it there are; let another one follow it',
    },
  ];
}
