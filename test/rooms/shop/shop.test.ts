// The demo shop over HTTP while no sign-in server runs.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createShop } from '../../../examples/shop/shop.ts';

async function openShop() {
  const lines: string[] = [];
  const shop = createShop({
    url: 'http://localhost:0',
    issuer: `http://localhost:${await closedPort()}`,
    clientId: 'shop',
    clientSecret: 'secret',
    log: (line) => lines.push(line),
  });
  const url = await shop.listen();
  onTestFinished(() => shop.close());
  const get = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init });
  return { url, get, lines };
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const textOf = async (answer: Promise<Response>) => (await answer).text();

describe('without a sign-in server', () => {
  test('everyone browses, and the menu offers nothing but that', async () => {
    const { get } = await openShop();
    const home = await textOf(get('/'));
    expect(home).toContain('Teapot for two');
    expect(home).not.toMatch(/My listings|Manage products|Sign out/);
    expect(await textOf(get('/listings/teapot'))).toContain('Stoneware');
  });

  test('signing in says kindly that the server cannot be reached, and how to try again', async () => {
    const { get, lines } = await openShop();
    const answer = await get('/sign-in?return_to=/account');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/cannot be reached.*href="\/sign-in\?return_to=%2Faccount">Try again/);
    expect(lines.join()).toContain('ECONNREFUSED');
  });
});

describe('somebody who is not signed in', () => {
  test.each([
    '/account',
    '/my-listings',
    '/manage',
    '/listings/new',
    '/listings/teapot/edit',
    '/listings/teapot/delete',
  ])('is sent to sign in from %s and back afterwards', async (path) => {
    const { get } = await openShop();
    const answer = await get(path);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`);
  });

  test.each(['/listings', '/listings/teapot/edit', '/listings/teapot/delete', '/account/refresh', '/sign-out'])(
    'changes nothing by posting to %s',
    async (path) => {
      const { get } = await openShop();
      const body = new URLSearchParams({ csrf: '', title: 'Planted' });
      expect((await get(path, { method: 'POST', body })).status).toBe(401);
      const home = await textOf(get('/'));
      expect(home).toContain('Teapot for two');
      expect(home).not.toContain('Planted');
    },
  );

  test('is not signed in by a callback that this browser did not ask for', async () => {
    const { get } = await openShop();
    const state = 'a'.repeat(43);
    const cookie = `shop_sign_in_${state.slice(0, 12)}=${state}`;
    for (const headers of [{}, { cookie }]) {
      const answer = await get(`/callback?code=c&state=${state}`, { headers });
      expect(answer.status).toBe(400);
      expect(answer.headers.getSetCookie().join()).not.toContain('shop_session');
    }
  });
});

describe('every page', () => {
  test('runs no script, is not framed and not stored', async () => {
    const { get } = await openShop();
    for (const path of ['/', '/no-such-page', '/sign-in']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'self';.*frame-ancestors 'none'$/,
      );
      expect(headers.get('content-security-policy')).not.toMatch(/script-src|unsafe/);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test('is found under the one name that sign-in works with', async () => {
    const { url, get } = await openShop();
    const byAddress = await fetch(`${url.replace('localhost', '127.0.0.1')}/listings/globe?a=1`, {
      redirect: 'manual',
    });
    expect(byAddress.headers.get('location')).toBe(`${url}/listings/globe?a=1`);
    expect((await get('/')).status).toBe(200);
    expect(await statusUnderHost(url, 'shop.attacker.example')).toBe(421);
  });

  test('loads style and pictures that stay in the cache until they change', async () => {
    const { get } = await openShop();
    const assets = [...(await textOf(get('/'))).matchAll(/"(\/assets\/[^"]+)"/g)].map(([, address]) => address ?? '');
    expect(assets.length).toBeGreaterThan(8);
    for (const address of assets) {
      const answer = await get(address);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^(text\/css|image\/svg\+xml)/);
      expect(answer.headers.get('cache-control')).toContain('immutable');
    }
    expect((await get('/assets/../shop.ts')).status).toBe(404);
    expect((await get('/assets/..%2fshop.ts')).status).toBe(404);
  });
});

/** fetch sets the Host header itself, so this asks by hand. */
const statusUnderHost = (url: string, host: string) =>
  new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
