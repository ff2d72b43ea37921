// What only a real browser can tell: which headers it sends, and what it makes of ours.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Koa from 'koa';
import { chromium, type Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { anyone, get, post, type RouteContext } from '../../../src/http/route.ts';
import { mountRoutes } from '../../../src/http/router.ts';
import { type Middlewares, serve, serveBehindFront } from './support.ts';

const CHROMIUM = '/usr/bin/chromium';
const installed = existsSync(CHROMIUM);
if (!installed) console.warn(`SKIPPED: the browser tests of src/http, because there is no ${CHROMIUM}`);

async function openPage(): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'gatehouse-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  });
  onTestFinished(async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  });
  return context.newPage();
}

const html =
  (body: string): Koa.Middleware =>
  async (ctx) => {
    ctx.type = 'html';
    ctx.body = body;
  };

/** Another origin than the issuer: another port. */
const serveApp = (...middlewares: Koa.Middleware[]) => serve(middlewares);
const serveIssuer = (middlewares: Middlewares) => serveBehindFront(middlewares, { issuer: 'itself' });

const showForm = async (ctx: RouteContext) => {
  ctx.type = 'html';
  ctx.body = '<form method="post" action="/form"><button>Send</button></form>';
};
const takeForm = async (ctx: RouteContext) => {
  ctx.body = `accepted from ${ctx.get('Origin')}`;
};
const formRoutes = (issuerOrigin: string) =>
  mountRoutes([get('/form', anyone, showForm), post('/form', anyone, takeForm)], {
    gate: async () => {},
    issuerOrigin,
  });

const textOf = (page: Page): Promise<string> => page.locator('body').innerText();

describe.skipIf(!installed)('in Chromium', () => {
  test('our own form comes with our Origin and is taken', async () => {
    const issuer = await serveIssuer((origin) => [formRoutes(origin)]);
    const page = await openPage();
    await page.goto(`${issuer.origin}/form`);
    await page.click('button');
    expect(await textOf(page)).toBe(`accepted from ${issuer.origin}`);
  });

  test('under Referrer-Policy no-referrer it would come with Origin null, and be refused', async () => {
    const noReferrer: Koa.Middleware = async (ctx, next) => {
      ctx.set('Referrer-Policy', 'no-referrer');
      await next();
    };
    const issuer = await serveIssuer((origin) => [noReferrer, formRoutes(origin)]);
    const page = await openPage();
    await page.goto(`${issuer.origin}/form`);
    await page.click('button');
    expect(await textOf(page)).toContain('cross_site_request');
  });

  test('a form on another site is refused', async () => {
    const issuer = await serveIssuer((origin) => [formRoutes(origin)]);
    const evil = await serveApp(html(`<form method="post" action="${issuer.origin}/form"><button>Win</button></form>`));
    const page = await openPage();
    await page.goto(evil.origin);
    await page.click('button');
    expect(await textOf(page)).toContain('cross_site_request');
  });

  test('no other site learns where a person came from', async () => {
    const app = await serveApp(async (ctx) => {
      ctx.body = `referrer «${ctx.get('Referer')}»`;
    });
    const issuer = await serveIssuer([html(`<a href="${app.origin}/cb">go</a>`)]);
    const page = await openPage();
    await page.goto(`${issuer.origin}/interaction/secret`);
    await page.click('a');
    expect(await textOf(page)).toBe('referrer «»');
  });

  test('an app on another origin can fetch what has CORS, and nothing else', async () => {
    const withCors: Koa.Middleware = async (ctx) => {
      if (ctx.path === '/jwks') ctx.set('Access-Control-Allow-Origin', '*');
      ctx.body = { path: ctx.path };
    };
    const issuer = await serveIssuer([withCors]);
    const app = await serveApp(html('<p>app</p>'));
    const page = await openPage();
    await page.goto(app.origin);
    const fetching = (path: string) =>
      page.evaluate(
        (url) =>
          fetch(url).then(
            (answer) => answer.text(),
            () => 'blocked',
          ),
        issuer.origin + path,
      );
    expect(await fetching('/jwks')).toBe('{"path":"/jwks"}');
    expect(await fetching('/page')).toBe('blocked');
  });

  test('our pages stay out of frames', async () => {
    const issuer = await serveIssuer([html('<p>our page</p>')]);
    const evil = await serveApp(html(`<iframe src="${issuer.origin}/page"></iframe>`));
    const page = await openPage();
    await page.goto(evil.origin);
    const framed = await Promise.all(page.frames().map((frame) => frame.content()));
    expect(framed.join()).not.toContain('our page');
  });

  test('an inline script on our pages does not run', async () => {
    const issuer = await serveIssuer([html('<p>page</p><script>document.body.textContent = "ran"</script>')]);
    const page = await openPage();
    await page.goto(issuer.origin);
    expect(await textOf(page)).toBe('page');
  });

  test('the engine’s form_post page reaches the app, also when the app redirects to a third origin', async () => {
    const third = await serveApp(html('<p>signed in</p>'));
    const app = await serveApp(async (ctx) => {
      ctx.status = 303;
      ctx.set('Location', third.origin);
    });
    const script = 'document.forms[0].submit()';
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(script)));
    const formPost: Koa.Middleware = async (ctx) => {
      const policy = ctx.response.get('content-security-policy');
      const hash = `'sha256-${Buffer.from(digest).toString('base64')}'`;
      ctx.set('content-security-policy', policy.replace("script-src 'self'", `script-src 'self' ${hash}`));
      ctx.type = 'html';
      ctx.body = `<form method="post" action="${app.origin}/cb"></form><script>${script}</script>`;
    };
    const issuer = await serveIssuer([formPost]);
    const page = await openPage();
    await page.goto(`${issuer.origin}/auth`);
    await page.waitForURL(`${third.origin}/`, { timeout: 5000 });
    expect(await textOf(page)).toBe('signed in');
  });
});
