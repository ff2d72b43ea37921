// T29: nothing of ours listens to other windows, or speaks to them.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newBrowser } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';

describe('T29 messages between windows: Keycloak CVE-2024-1249', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    await server.person({ email: 'ada@example.test' });
  });

  afterAll(() => server.stop());

  test('discovery offers no frame to look at sessions with, and no answer by message', async () => {
    const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    expect(metadata).not.toHaveProperty('check_session_iframe');
    expect(metadata).not.toHaveProperty('frontchannel_logout_supported', true);
    expect(JSON.stringify(metadata)).not.toContain('web_message');
  });

  test.each(['web_message', 'jwt', 'query.jwt', 'form_post.jwt', 'fragment.jwt'])(
    'response_mode=%s is an error for those who are signed in and those who are not',
    async (mode) => {
      const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
      for (const each of [browser.newTab(), newBrowser()]) {
        const { page } = (await visits(server, { response_mode: mode }, each)).browser;
        expect(page.url.startsWith(CALLBACK) || page.status === 400).toBe(true);
        expect(page.url).not.toContain('code=');
        expect(page.text).not.toContain('postMessage');
      }
    },
  );

  test('no script of ours sends or takes messages, or looks at the window that opened it', () => {
    const assets = path.join(import.meta.dirname, '../../views/assets');
    const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const name of scripts) {
      const script = readFileSync(path.join(assets, name), 'utf8');
      expect(script, name).not.toMatch(/postMessage|onmessage|['"]message['"]|\bopener\b|\bparent\b|BroadcastChannel/);
    }
  });
});
