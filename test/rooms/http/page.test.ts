import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { type Locals, pages, renderPage } from '../../../src/http/page.ts';
import { requestLog } from '../../../src/http/request-log.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { templatesIn } from '../../../src/texts/templates.ts';
import { folderOf, serve } from './support.ts';

const VIEWS = {
  'layouts/page.pug': 'doctype html\nhtml(lang=lang)\n  head\n    title= title\n  body\n    block content',
  'mixins/box.pug': 'mixin box()\n  .box\n    block',
  'people/hello.pug':
    'extends ../layouts/page\ninclude ../mixins/box\nblock content\n  +box()\n    p(title=name) Hello #{name}\n    p= product\n  if self\n    p self is #{self}',
};

async function serveView(locals: Locals, viewsDir = folderOf(VIEWS)) {
  const show: Koa.Middleware = async (ctx) => renderPage(ctx, 'people/hello', locals);
  const log = createLogger({ level: 'silent', format: 'json' });
  return serve([requestLog({ log }), pages({ viewsDir, shared: { product: 'Gatehouse' }, clock: systemClock }), show]);
}

const page = async (locals: Locals) => (await (await serveView(locals)).ask('/')).body;

test('a page is HTML with the shared locals and its own', async () => {
  const app = await serveView({ title: 'Hi', name: 'Jane' });
  const answer = await app.ask('/');
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.body).toContain('<html lang="en">');
  expect(answer.body).toContain('<div class="box"><p title="Jane">Hello Jane</p><p>Gatehouse</p></div>');
});

test('what a person typed is text, in content and in attributes', async () => {
  const body = await page({ title: '</title><script>1</script>', name: '"><img src=x onerror=alert(1)>' });
  expect(body).not.toContain('<script>');
  expect(body).not.toContain('<img');
});

test('a page’s own local wins over a shared one', async () => {
  expect(await page({ name: 'Jane', lang: 'de' })).toContain('<html lang="de">');
});

test('the status is what the handler set', async () => {
  const show: Koa.Middleware = async (ctx) => {
    ctx.status = 429;
    await renderPage(ctx, 'people/hello', { name: 'Jane' });
  };
  const app = await serve([pages({ viewsDir: folderOf(VIEWS), shared: {}, clock: systemClock }), show]);
  expect((await app.ask('/')).status).toBe(429);
});

describe('templates are compiled once', () => {
  test('a template that changes on disk changes no page until the next start', async () => {
    const viewsDir = folderOf(VIEWS);
    const app = await serveView({ name: 'Jane' }, viewsDir);
    // Nothing has been shown yet: all of it was read at start.
    writeFileSync(join(viewsDir, 'people/hello.pug'), 'p changed');
    writeFileSync(join(viewsDir, 'layouts/page.pug'), 'p changed');
    const before = await app.ask('/');
    expect(before.body).toContain('Hello Jane');
    expect((await app.ask('/')).body).toBe(before.body);
    expect((await (await serveView({ name: 'Jane' }, viewsDir)).ask('/')).body).toBe('<p>changed</p>');
  });

  test('by their names, the same one each time', () => {
    const templates = templatesIn(folderOf(VIEWS));
    expect([...templates.names].sort()).toEqual(['layouts/page', 'mixins/box', 'people/hello']);
    expect(templates.get('people/hello')).toBe(templates.get('people/hello'));
    expect(templates.get('people/nobody')).toBeUndefined();
  });

  test('a broken one is named, and so is one that takes in what is not there', () => {
    const broken: Record<string, string> = { 'a.pug': 'p(', 'b.pug': 'extends ./missing', 'c.pug': 'p= }' };
    for (const [name, source] of Object.entries(broken)) {
      const templates = templatesIn(folderOf({ ...VIEWS, [name]: source }));
      expect(() => templates.get(name.slice(0, -4))).toThrow(`the view ${name} does not compile`);
    }
  });

  test('every one of ours compiles', () => {
    const templates = templatesIn(join(import.meta.dirname, '../../../views'));
    expect(templates.names.length).toBeGreaterThan(100);
    for (const name of templates.names) expect(templates.get(name), name).toBeTypeOf('function');
  });
});

describe('locals are never options of pug or koa-views', () => {
  const evil: [string, unknown][] = [
    ['pretty', true],
    ['pretty', "');process.exit(1);//"],
    ['filename', '/etc/passwd'],
    ['basedir', '/'],
    ['globals', ['process']],
    ['compileDebug', true],
    ['debug', true],
    ['doctype', 'xml'],
    ['cache', false],
    ['name_', 'x'],
    ['templateName', 'x(){};process.exit(1);function y'],
    ['inlineRuntimeFunctions', true],
    ['plugins', [{ preLex: () => 'p pwned' }]],
    ['filters', { evil: () => 'pwned' }],
    ['partials', { x: '/etc/passwd' }],
    ['engine', 'ejs'],
    ['block', 'pwned'],
    ['settings', { views: '/' }],
    ['constructor', 'pwned'],
    ['toString', 'pwned'],
    ['locals', { name: 'pwned' }],
  ];

  test.each(evil)('%s changes no byte', async (name, value) => {
    const plain = { title: 'Hi', name: 'Jane' };
    expect(await page({ ...plain, [name]: value })).toBe(await page(plain));
  });

  test('self is a local like any other, not the option that renames all of them', async () => {
    expect(await page({ name: 'Jane', self: true })).toContain(
      'Hello Jane</p><p>Gatehouse</p></div><p>self is true</p>',
    );
  });

  test('__proto__ from parsed JSON is no prototype: nothing is inherited from it', async () => {
    const parsed: Locals = JSON.parse('{"title":"Hi","__proto__":{"name":"Mallory","pretty":true}}');
    const body = await page(parsed);
    expect(body).not.toContain('Mallory');
    expect(body).toBe(await page({ title: 'Hi' }));
  });

  test('neither is what lies on ctx.state', async () => {
    const viewsDir = folderOf(VIEWS);
    const show: Koa.Middleware = async (ctx) => {
      Object.assign(ctx.state, { pretty: true, self: true, name: 'Mallory' });
      await renderPage(ctx, 'people/hello', { name: 'Jane' });
    };
    const app = await serve([pages({ viewsDir, shared: { product: 'Gatehouse' }, clock: systemClock }), show]);
    const body = (await app.ask('/')).body;
    expect(body).not.toContain('Mallory');
    expect(body).not.toContain('\n');
  });
});

test('a view that does not exist is a defect, not a file', async () => {
  const show: Koa.Middleware = async (ctx) => renderPage(ctx, '../../etc/passwd', {});
  const app = await serve([pages({ viewsDir: folderOf(VIEWS), shared: {}, clock: systemClock }), show]);
  expect((await app.ask('/')).status).toBe(500);
});
