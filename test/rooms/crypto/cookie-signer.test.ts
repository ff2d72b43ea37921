// The signatures of cookies: those that koa's own Keygrip made, in the releases before, stay good.
import { expect, test } from 'vitest';
import { cookieSigner } from '../../../src/provider/cookies.ts';

const TODAY = 'the-secret-of-today-that-is-long-enough';
const YESTERDAY = 'the-secret-of-yesterday-long-enough-too';
const COOKIE = 'gatehouse_session=abc';
/** Made by Keygrip 1.1.0. */
const OF_TODAY = '-IY_v7Zwqw4Rc_UUu-MjD3XxEsM';
const OF_YESTERDAY = 'k2lLbnINR1q2aBJxiCla6lyAy-A';

test('a cookie is signed by the newest secret, as Keygrip signs it', () => {
  const signer = cookieSigner({ masterSecret: TODAY, previousSecrets: [YESTERDAY] });
  expect(signer.sign(COOKIE)).toBe(OF_TODAY);
  expect([OF_TODAY, OF_YESTERDAY].map((signature) => signer.index(COOKIE, signature))).toEqual([0, 1]);
});

test('no other signature is taken, nor that of another cookie, nor one of a secret that is gone', () => {
  const signer = cookieSigner({ masterSecret: TODAY, previousSecrets: [] });
  expect(signer.verify(COOKIE, OF_TODAY)).toBe(true);
  for (const wrong of ['', OF_TODAY.slice(1), `${OF_TODAY}A`, OF_YESTERDAY]) {
    expect([signer.verify(COOKIE, wrong), signer.index(COOKIE, wrong)]).toEqual([false, -1]);
  }
  expect(signer.verify(`${COOKIE}d`, OF_TODAY)).toBe(false);
});
