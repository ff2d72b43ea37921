// The pages that say why something did not happen, and what to do next.
import type { Message } from './pages.ts';
import { signInPath } from './return-to.ts';
import type { Person } from './sign-in.ts';

export const accessDenied = (person: Person, needed: readonly string[]): Message => ({
  status: 403,
  title: `This needs the permission ${needed.join(' or ')}`,
  paragraphs: [
    person.roles.length === 0
      ? `You are signed in as ${person.name} and have no role in this shop.`
      : `You are signed in as ${person.name} with: ${person.roles.join(', ')}.`,
    'Whoever runs the sign-in server can give you a role that has it. Then refresh your tokens on your account page, or sign in again.',
  ],
  action: { label: 'Back to the shop', href: '/' },
});

export const signInEnded = (returnTo: string): Message => ({
  status: 401,
  title: 'You are signed out',
  paragraphs: ['Your sign-in has ended, and nothing was changed. Sign in again to go on.'],
  action: { label: 'Sign in again', href: signInPath(returnTo) },
});

export const cannotReachServer = (tryAgainHref: string): Message => ({
  status: 503,
  title: 'The sign-in server cannot be reached',
  paragraphs: ['It may still be starting, or be stopped. Browsing works meanwhile.'],
  action: { label: 'Try again', href: tryAgainHref },
});

export const signInRefused = (error: string, description: string | undefined, returnTo: string): Message => ({
  status: 403,
  title: error === 'access_denied' ? 'You did not sign in' : 'The sign-in was refused',
  paragraphs: [
    error === 'access_denied'
      ? 'The sign-in was cancelled, so the shop learned nothing about you. You can go on browsing, or try again.'
      : 'The sign-in server did not let this sign-in through. Trying again may help.',
    `The server's answer: ${error}${description === undefined ? '' : ` (${description})`}`,
  ],
  action: { label: 'Try again', href: signInPath(returnTo) },
});

export const signInInvalid = (returnTo: string): Message => ({
  status: 400,
  title: 'The sign-in could not be completed',
  paragraphs: ["The sign-in server's answer did not pass the shop's checks, so you are not signed in."],
  action: { label: 'Try again', href: signInPath(returnTo) },
});

/** They are as signed in as before, so this is no error and no alarm. */
export const stepUpFailed = (error: string | undefined, returnTo: string): Message => ({
  status: error === 'access_denied' ? 200 : 403,
  title: 'Nothing was changed',
  paragraphs: [
    error === 'access_denied'
      ? 'You came back without confirming that it is you, and that is fine: everything stays as it was.'
      : 'The sign-in server could not confirm that it is you, so everything stays as it was.',
    'You are still signed in. What you had typed is kept for half an hour, in case you want to go on.',
  ],
  action: { label: 'Go on', href: returnTo },
});

export const somebodyElse = ({ name }: Person): string =>
  `You are signed in as ${name} now. What was begun under the other account was not done.`;

export const cannotReachApi = (tryAgainHref: string): Message => ({
  status: 503,
  title: 'Your earnings cannot be shown just now',
  paragraphs: ["The shop's API does not answer, or cannot ask the sign-in server. Nothing was changed."],
  action: { label: 'Try again', href: tryAgainHref },
});

export const apiRefused: Message = {
  status: 403,
  title: 'The shop may not do this for you',
  paragraphs: [
    'Its API did not accept what the sign-in server gave it, so nothing was changed. Sign out and in again, and allow the shop what it asks for.',
  ],
  action: { label: 'Back to the shop', href: '/' },
};

export const signInUnknown: Message = {
  status: 400,
  title: 'This sign-in is over',
  paragraphs: ['It was used already, took longer than half an hour, or was started in another browser.'],
  action: { label: 'Try again', href: '/sign-in' },
};

export const noSuchPage: Message = {
  status: 404,
  title: 'There is nothing here',
  paragraphs: ['The page does not exist, or what was for sale has gone.'],
  action: { label: 'Back to the shop', href: '/' },
};

export const ourFault: Message = {
  status: 500,
  title: 'Something broke in the shop',
  paragraphs: ['It is not your doing. Trying again may help.'],
  action: { label: 'Back to the shop', href: '/' },
};
