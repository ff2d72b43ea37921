// Who gets through the demo shop's gate, and what a refresh of their tokens does.
import Router from '@koa/router';
import Koa from 'koa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGate } from '../../../examples/shop/gate.ts';
import { listen } from '../../../examples/shop/listen.ts';
import type { Pages } from '../../../examples/shop/pages.ts';
import { createSessions } from '../../../examples/shop/session.ts';
import type { Person, SignIn, SignInResult } from '../../../examples/shop/sign-in.ts';
import { createRefresh } from '../../../examples/shop/token-refresh.ts';
import { createVisitors } from '../../../examples/shop/visitors.ts';
import { personNamed } from './person.ts';

const LATER = 4_000_000_000_000;

const withFreshTokens = (person: Person): Person => ({ ...person, tokens: { ...person.tokens, expiresAt: LATER } });

const serverAnswering = (refresh: () => Promise<SignInResult>): SignIn => ({
  start: () => Promise.reject(new Error('not part of this test')),
  finish: () => Promise.reject(new Error('not part of this test')),
  userInfo: () => Promise.reject(new Error('not part of this test')),
  callApi: () => Promise.reject(new Error('not part of this test')),
  signOutUrl: () => Promise.reject(new Error('not part of this test')),
  refresh,
});

const unreachable = () => Promise.resolve({ outcome: 'unreachable', reason: 'down' } as const);

/** One route, POST and GET /sell, for vendors; `person` is signed in. */
async function shopFor(person: Person, signIn: SignIn) {
  const sessions = createSessions();
  const visitors = createVisitors({ sessions, secure: false });
  const pages: Pages = {
    show: (ctx, view) => {
      ctx.body = view;
    },
    showMessage: (ctx, { status = 200, title }) => {
      ctx.status = status;
      ctx.body = title;
    },
  };
  const gate = createGate({ visitors, pages, refresh: createRefresh({ signIn, sessions, log: () => {} }) });
  const router = new Router();
  router.all(
    '/sell',
    gate.allowed(['listings:write'], (ctx, session) => {
      ctx.body = `welcome ${session.person.name}`;
    }),
  );
  const listening = await listen(new Koa().use(router.routes()).callback(), { port: 0, host: '127.0.0.1' });
  onTestFinished(() => listening.close());
  const url = `http://127.0.0.1:${listening.port}/sell`;
  const session = sessions.begin(person);
  const headers = { cookie: `shop_session=${session.id}` };
  const asked = async (answer: Promise<Response>) => ({
    status: (await answer).status,
    text: await (await answer).text(),
  });
  return {
    session,
    opens: () => asked(fetch(url, { headers })),
    posts: (form: Record<string, string>) =>
      asked(fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })),
  };
}

describe('a posted form', () => {
  test('counts with the token of the session', async () => {
    const shop = await shopFor(withFreshTokens(personNamed('alice', ['vendor'])), serverAnswering(unreachable));
    expect(await shop.posts({ csrf: shop.session.csrfToken })).toEqual({ status: 200, text: 'welcome alice' });
  });

  test('is refused without it, with another one, and when it is too large', async () => {
    const shop = await shopFor(withFreshTokens(personNamed('alice', ['vendor'])), serverAnswering(unreachable));
    expect((await shop.posts({})).status).toBe(403);
    expect((await shop.posts({ csrf: 'x'.repeat(shop.session.csrfToken.length) })).status).toBe(403);
    expect((await shop.posts({ csrf: shop.session.csrfToken, more: 'x'.repeat(4_000_000) })).status).toBe(413);
  });
});

describe('a role', () => {
  test('that is missing is named', async () => {
    const shop = await shopFor(withFreshTokens(personNamed('bob')), serverAnswering(unreachable));
    expect(await shop.opens()).toEqual({ status: 403, text: 'This needs the permission listings:write' });
  });

  test('taken away at the server is gone here once the access token has expired', async () => {
    const person = withFreshTokens(personNamed('alice'));
    const shop = await shopFor(
      personNamed('alice', ['vendor']),
      serverAnswering(() => Promise.resolve({ outcome: 'signed_in', person })),
    );
    expect((await shop.opens()).status).toBe(403);
  });

  test('is not believed while the server cannot be asked again', async () => {
    const shop = await shopFor(personNamed('alice', ['vendor']), serverAnswering(unreachable));
    expect((await shop.opens()).status).toBe(503);
  });
});

describe('a refresh', () => {
  test('is asked for once by requests that come together', async () => {
    let asked = 0;
    const person = withFreshTokens(personNamed('alice', ['vendor']));
    const shop = await shopFor(
      personNamed('alice', ['vendor']),
      serverAnswering(async () => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { outcome: 'signed_in', person };
      }),
    );
    const answers = await Promise.all([shop.opens(), shop.opens(), shop.opens()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked).toBe(1);
  });

  test.each([
    { outcome: 'refused', error: 'invalid_grant', description: undefined },
    { outcome: 'invalid', reason: 'the refreshed ID token is about someone else' },
  ] as const)('that is $outcome signs the person out', async (result) => {
    const shop = await shopFor(
      personNamed('alice', ['vendor']),
      serverAnswering(() => Promise.resolve(result)),
    );
    expect(await shop.opens()).toEqual({ status: 401, text: 'You are signed out' });
    expect((await shop.opens()).text).not.toContain('welcome');
    expect((await shop.posts({ csrf: shop.session.csrfToken })).status).toBe(401);
  });
});
