// T55: what a visitor sends begins no line of the log and no header of an answer.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, post } from '../protocol/apps.ts';
import { basic } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const REFERENCES = 'Keycloak CVE-2023-6484, CVE-2024-11734; ASVS 16.4.1';

const ATTACKS: readonly [string, string][] = [
  ['a line break and a line', 'a\n{"level":"error","event":"forged"}'],
  ['a carriage return and a header', 'a\r\nX-Injected: yes\r\n\r\n<script>'],
  ['a lone carriage return', 'a\rX-Injected: yes'],
  ['a colour', '\u001b[31mred\u001b[0m'],
  ['an 8-bit terminal sequence', '\u009b31mred'],
  ['a line separator', 'a\u2028{"event":"forged"}\u2029'],
  ['text that runs backwards', '\u202egnp.exe'],
  ['a line break that is one after decoding twice', 'a%0d%0aX-Injected: yes'],
  ['a line break of another alphabet', 'a嘊嘍X-Injected: yes'],
];

/** What ends a line, drives a terminal or reorders text. */
const DRIVING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u;

const HEADERS = [
  'user-agent',
  'referer',
  'accept-language',
  'x-request-id',
  'x-forwarded-for',
  'authorization',
  'cookie',
];

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ logLevel: 'debug' });
  await server.person({ email: 'jane@example.test' });
});

afterAll(() => server.stop());

/** Every answer to this text, in the place of everything that a visitor can fill in. */
async function answersTo(text: string): Promise<Response[]> {
  const { issuer } = server;
  const answers: Response[] = [];
  for (const name of [...Object.keys(AUTHORIZATION), 'unknown']) {
    const params = new URLSearchParams({ ...AUTHORIZATION, [name]: text });
    answers.push(await fetch(`${issuer}/auth?${params}`, { redirect: 'manual' }));
  }
  const path = encodeURIComponent(text);
  for (const place of [
    `/${path}`,
    `/interaction/${path}`,
    `/account/${path}`,
    `/api/v1/accounts/${path}`,
    `/auth/${path}`,
  ]) {
    answers.push(await fetch(`${issuer}${place}`, { redirect: 'manual' }));
  }
  answers.push(
    await post(`${issuer}/token`, { grant_type: text, code: text, client_id: text, client_secret: text }),
    await post(`${issuer}/token`, { grant_type: 'refresh_token' }, { headers: { authorization: basic(text, text) } }),
    await post(`${issuer}/token/revocation`, { token: text, client_id: 'spa' }),
    await fetch(`${issuer}/session/end?${new URLSearchParams({ id_token_hint: text, state: text, client_id: text })}`),
  );
  const { browser } = await visits(server);
  const form = browser.form({ identifier: text, password: text }, 'Sign in');
  answers.push(await browser.request(form.action, { method: 'POST', form: form.data }));
  return answers;
}

describe(`T55 header and log injection (${REFERENCES})`, () => {
  test.each(ATTACKS)(
    '%s in a parameter, a path, a form or a name adds no header and no line',
    async (_what, attack) => {
      const before = server.logText.length;
      for (const answer of await answersTo(attack)) {
        expect(answer.headers.get('x-injected')).toBeNull();
        expect([...answer.headers.values()].join('')).not.toMatch(DRIVING);
        expect(answer.status).toBeLessThan(500);
      }
      expect(server.logText.length).toBeGreaterThan(before);
      isOneLineEach(before);
    },
  );

  test.each(ATTACKS)('%s in a header adds none either', async (_what, attack) => {
    const before = server.logText.length;
    for (const name of HEADERS) {
      // Whoever ends the line begins a header of their own request, which is theirs to do.
      const answer = await sends(name, Buffer.from(attack.replaceAll(/[\r\n]+/g, ' '), 'utf8'));
      expect(answer, name).toMatch(/^HTTP\/1\.1 [234]\d\d /);
      expect(answer.split('\r\n\r\n')[0]?.toLowerCase()).not.toContain('x-injected');
    }
    isOneLineEach(before);
  });
});

/** JSON, one event of ours each, and nothing in it that drives a terminal or ends a line. */
function isOneLineEach(before: number): void {
  const lines = server.logText.slice(before);
  for (const line of lines) {
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(DRIVING);
    expect(JSON.parse(line).event).not.toBe('forged');
  }
}

/** By hand: no library would send these. */
async function sends(name: string, value: Buffer): Promise<string> {
  const { port } = new URL(server.issuer);
  const socket = connect(Number(port), '127.0.0.1');
  const head = `GET /auth?${new URLSearchParams(AUTHORIZATION)} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n`;
  socket.write(Buffer.concat([Buffer.from(`${head}${name}: `), value, Buffer.from('\r\n\r\n')]));
  return text(socket);
}
