// T69: nothing goes over plain http in production, and no header makes it look as if it had not.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION } from '../protocol/apps.ts';
import { PRODUCTION, problemsOf } from '../support/config-files.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const REFERENCES = 'Dex CVE-2024-23656; RFC 9700 section 4.13; ASVS 12.2.1';

describe(`T69 plain http (${REFERENCES})`, () => {
  test.each([
    'http://auth.example.org',
    'http://10.1.2.3',
    'http://auth.example.org:8443',
    'http://localhost.example.org',
  ])('a server in production does not start as %s', (issuer) => {
    const problems = problemsOf({}, { ...PRODUCTION, GATEHOUSE_ISSUER: issuer });
    expect(problems.map(({ message }) => message).join()).toMatch(/https/);
  });

  test('it starts as https', () => {
    expect(problemsOf({}, { ...PRODUCTION, GATEHOUSE_ISSUER: 'https://auth.example.org' })).toEqual([]);
  });

  test.each([
    'redirect_uris: ["http://app.example.org/cb"]',
    'post_logout_redirect_uris: ["http://app.example.org/"]',
    'backchannel_logout_uri: http://app.example.org/out',
  ])('an app is not served with %s', (setting) => {
    const file = `client_id: app\npreset: web\nclient_secrets: [{ value: "${'x1Y2'.repeat(12)}" }]\n${setting.startsWith('redirect') ? '' : 'redirect_uris: ["https://app.example.org/cb"]\n'}${setting}\n`;
    const problems = problemsOf({ 'config/clients/app.yaml': file }, PRODUCTION);
    expect(problems.map(({ message }) => message).join()).toMatch(/https/);
  });

  describe('a caller that is no trusted proxy', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer({ env: { GATEHOUSE_ISSUER: 'https://auth.example.org' } });
    });
    afterAll(() => server.stop());

    test.each([
      { 'x-forwarded-proto': 'https' },
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'auth.example.org', 'x-forwarded-port': '443' },
      { forwarded: 'for=1.2.3.4;proto=https;host=auth.example.org' },
      { 'front-end-https': 'on', 'x-forwarded-ssl': 'on', 'x-url-scheme': 'https' },
    ])('changes no address and no name by saying %j', async (headers) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}/auth?${new URLSearchParams(AUTHORIZATION)}`, {
        headers: headers as Record<string, string>,
        redirect: 'manual',
      });
      expect(answer.status).toBe(421);
      expect(answer.headers.getSetCookie()).toEqual([]);
      const discovery = await fetch(`http://127.0.0.1:${server.port}/.well-known/openid-configuration`, {
        headers: { ...(headers as Record<string, string>), 'x-forwarded-host': 'evil.example' },
      });
      // What it would say there stands in no answer at all.
      expect(discovery.status).toBe(421);
      expect(await discovery.text()).not.toContain('evil.example');
    });
  });
});
