// The pages of the account centre in each of their states. Their frame, `accountFrame`, is for whoever adds one.
import type { Sample } from './samples.ts';

const MENU = ['Overview', 'Profile', 'Security', 'Sessions', 'Devices', 'Connected apps', 'Activity', 'My data'];

/** What every page of the account centre is given by its frame. */
export const accountFrame = {
  menu: MENU.map((label, at) => ({ label, path: at === 0 ? '/account' : `/account/${at}`, isCurrent: at === 0 })),
  account: { label: 'alice@example.com', name: 'Alice Liddell' },
  csrf: 'csrf-token-of-this-session',
  title: 'Your account',
};

const state = (view: string, name: string, locals: Record<string, unknown>): Sample => ({
  view: `account/${view}`,
  state: name,
  locals,
});

export const accountCentre: readonly Sample[] = [
  state('overview', 'as it opens', { ...accountFrame, email: 'alice@example.com', name: 'Alice Liddell' }),
  state('overview', 'after something was done', {
    ...accountFrame,
    notice: 'It is done.',
    email: 'alice@example.com',
    name: undefined,
  }),
  state('not-signed-in', 'cancelled', {
    title: 'You are not signed in',
    lead: 'You went back.',
    again: '/account/sessions',
    reference: 'K7QM-X3PB',
  }),
];
