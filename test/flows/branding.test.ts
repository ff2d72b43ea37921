// Whose server it is: an operator's logo, colour and links, on every page.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4" fill="#775"/></svg>';

describe('with branding', () => {
  let server: TestServer;

  beforeAll(async () => {
    const settings = `
name: Northern Districts
branding:
  logo: northern.svg
  accent: "#ffd400"
  terms_url: https://northern.example/terms
  privacy_url: https://northern.example/privacy
  support_url: mailto:help@northern.example
${RESOURCES}`;
    server = await startTestServer({
      settings,
      files: { 'northern.svg': LOGO },
    });
  });
  afterAll(() => server.stop());

  test.each(['/', '/nowhere', 'sign-in'])('%s has the name, the logo and the links', async (path) => {
    const { url } = authorizationRequest(server.issuer);
    const browser = await newBrowser().open(path === 'sign-in' ? url : `${server.issuer}${path}`);
    const { text: html } = browser.page;
    expect(html).toContain('Northern Districts');
    expect(html).toContain('src="/branding/logo"');
    for (const href of ['https://northern.example/terms', 'https://northern.example/privacy']) {
      expect(html).toContain(`<a href="${href}" target="_blank" rel="noopener noreferrer">`);
    }
    expect(html).toContain('<a href="mailto:help@northern.example">');
  });

  test('the logo is served as an image', async () => {
    const answer = await fetch(`${server.issuer}/branding/logo`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    expect(await answer.text()).toBe(LOGO);
  });

  test('the colour stands in a style sheet of its own, darkened until it can be read', async () => {
    const { text: html } = (await newBrowser().open(`${server.issuer}/`)).page;
    const [, href] = /<link rel="stylesheet" href="([^"]*theme[^"]*)">/.exec(html) ?? [];
    const answer = await fetch(new URL(String(href), server.issuer));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    const sheet = await answer.text();
    expect(sheet).toMatch(/^:root \{\n {2}--accent: #[0-9a-f]{6};/);
    expect(sheet).not.toContain('#ffd400;\n  --accent-strong: #ffd400');
    expect(sheet.match(/--accent: /g)).toHaveLength(2);
  });
});

test('without branding there is no logo, no style sheet and no link of somebody else', async () => {
  const server = await startTestServer();
  const { text: html } = (await newBrowser().open(`${server.issuer}/`)).page;
  expect(html).not.toMatch(/theme|branding|mailto/);
  expect((await fetch(`${server.issuer}/branding/logo`)).status).toBe(404);
  await server.stop();
});
