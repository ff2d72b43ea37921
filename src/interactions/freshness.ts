// Whether a proof of who somebody is has become too old for what the app asked, while a page was left open.
import { type Clock, epochSeconds } from '../clock.ts';
import type { SignIn } from './engine-interaction.ts';

/** Seconds. What prompt=login, max_age=0 and the like leave for storing recovery codes and reading the consent page. */
const READING_SECONDS = 300;

/** OpenID Connect Core section 3.1.2.1: with max_age the app counts the seconds since auth_time itself. */
export function isStale({ clock }: { clock: Clock }, { stage, params }: SignIn): boolean {
  if (stage.stage !== 'authenticated') return false;
  const age = epochSeconds(clock.now()) - stage.at;
  const maxAge = Number(params['max_age'] ?? Number.NaN);
  const asksAgain = maxAge === 0 || isPrompted(params);
  return age > (asksAgain ? READING_SECONDS : Number.isNaN(maxAge) ? Number.POSITIVE_INFINITY : maxAge);
}

/** The app wants the person to prove again, or not long ago, who they are. */
export const asksForNewProof = (params: SignIn['params']): boolean =>
  params['max_age'] !== undefined || isPrompted(params);

const isPrompted = ({ prompt }: SignIn['params']): boolean =>
  String(prompt ?? '')
    .split(' ')
    .includes('login');
