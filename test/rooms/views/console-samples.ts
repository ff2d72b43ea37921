// The pages of the console in each of their states. Their frame, `consoleFrame`, is for whoever adds one.
import type { Sample } from './samples.ts';

const MENU = ['Overview', 'Accounts', 'Groups', 'Roles', 'Apps', 'Audit log'];

/** What every page of the console is given by its frame. */
export const consoleFrame = {
  menu: MENU.map((label, at) => ({ label, path: at === 0 ? '/admin' : `/admin/${at}`, isCurrent: at === 0 })),
  account: { label: 'alice@example.com', name: 'Alice Liddell' },
  csrf: 'csrf-token-of-this-session',
  may: {},
  title: 'Administration',
};

export const consoleState = (view: string, name: string, locals: Readonly<Record<string, unknown>>): Sample => ({
  view: `admin/${view}`,
  state: name,
  locals: { ...consoleFrame, ...locals },
});

export const consolePages: readonly Sample[] = [
  consoleState('forbidden', 'without a permission', { reference: 'req-1', back: '/admin', needs: 'keys:rotate' }),
  consoleState('forbidden', 'without any', { reference: 'req-1', back: '/account' }),
];
