import { describe, expect, test } from 'vitest';
import { loadAssets } from '../../../src/http/assets.ts';
import { AT_ISSUER, folderOf, serveBehindFront } from './support.ts';

const FILES = { 'style.css': 'p { color: green }', 'page.js': 'export {};', 'logo.svg': '<svg/>', '.hidden.css': 'x' };

async function serveAssets(files: Readonly<Record<string, string | Buffer>> = FILES) {
  const assets = loadAssets(folderOf(files));
  const app = await serveBehindFront([assets.serve]);
  return {
    assets,
    ask: (path: string, headers = {}, method = 'GET') =>
      app.ask(path, { method, headers: { ...AT_ISSUER, ...headers } }),
  };
}

test('a file is served under a name with its hash, for ever', async () => {
  const { assets, ask } = await serveAssets();
  expect(assets.url('style.css')).toMatch(/^\/assets\/style\.[0-9a-f]{16}\.css$/);
  const answer = await ask(assets.url('style.css'));
  expect(answer).toMatchObject({ status: 200, body: FILES['style.css'] });
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});

test('each type is named', async () => {
  const { assets, ask } = await serveAssets();
  const typeOf = async (name: string) => (await ask(assets.url(name))).headers['content-type'];
  expect(await typeOf('style.css')).toBe('text/css; charset=utf-8');
  expect(await typeOf('page.js')).toBe('text/javascript; charset=utf-8');
  expect(await typeOf('logo.svg')).toBe('image/svg+xml');
});

test('bytes arrive as they are', async () => {
  const { assets, ask } = await serveAssets({ 'a.png': Buffer.from([0x89, 0x50, 0, 0xff]) });
  expect((await ask(assets.url('a.png'))).headers['content-length']).toBe('4');
});

test('the name changes with the content, and the old one is gone', async () => {
  const first = await serveAssets();
  const second = await serveAssets({ ...FILES, 'style.css': 'p { color: red }' });
  expect(second.assets.url('style.css')).not.toBe(first.assets.url('style.css'));
  expect((await second.ask(first.assets.url('style.css'))).status).toBe(404);
});

test('a browser that has the file gets 304, without content', async () => {
  const { assets, ask } = await serveAssets();
  const { etag = '' } = (await ask(assets.url('style.css'))).headers;
  const answer = await ask(assets.url('style.css'), { 'if-none-match': etag });
  expect(answer).toMatchObject({ status: 304, body: '' });
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await ask(assets.url('style.css'), { 'if-none-match': '"other"' })).status).toBe(200);
});

test('HEAD says how long it is', async () => {
  const { assets, ask } = await serveAssets();
  const answer = await ask(assets.url('page.js'), {}, 'HEAD');
  expect(answer).toMatchObject({ status: 200, body: '' });
  expect(answer.headers['content-length']).toBe(String(FILES['page.js'].length));
});

test('files can only be read', async () => {
  const { assets, ask } = await serveAssets();
  const answer = await ask(assets.url('page.js'), {}, 'POST');
  expect(answer.status).toBe(405);
  expect(answer.headers.allow).toBe('GET, HEAD');
});

describe('nothing else is there:', () => {
  const paths = [
    '/assets/',
    '/assets/style.css',
    '/assets/style.0000000000000000.css',
    '/assets/../package.json',
    '/assets/..%2fpackage.json',
    '/assets/%2e%2e/package.json',
    '/assets/..\\package.json',
    '/assets//etc/passwd',
    '/assets/__proto__',
    '/assets/constructor',
    '/assets/.hidden.css',
  ];
  test.each(paths)('%s is 404', async (path) => {
    const { ask } = await serveAssets();
    const answer = await ask(path);
    expect(answer.status).toBe(404);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

test('other paths are not ours', async () => {
  const { ask } = await serveAssets();
  expect((await ask('/asset')).body).toContain('not_found');
});

test('asking for an asset that is not in the folder is a mistake in a view', async () => {
  const { assets } = await serveAssets();
  expect(() => assets.url('missing.css')).toThrow('no asset missing.css');
  expect(() => assets.url('.hidden.css')).toThrow('no asset');
});

test('a file of a type we do not serve stops the start', () => {
  expect(() => loadAssets(folderOf({ 'readme.md': 'x' }))).toThrow('not served');
});
