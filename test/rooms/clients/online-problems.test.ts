// What client files point to is fetched when an operator asks for it, and told by file and line.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadClients } from '../../../src/clients/load-clients.ts';
import { type OnlineDeps, onlineProblems } from '../../../src/clients/online/online-problems.ts';
import { readKnownConfig } from '../../../src/config/load.ts';
import { checkHost } from '../../../src/outgoing/check-host.ts';
import type { Resolve } from '../../../src/outgoing/guarded-lookup.ts';
import { createOutgoing } from '../../../src/outgoing/outgoing.ts';
import { configFiles, DEVELOPMENT, linesOf } from '../../support/config-files.ts';
import { clientYaml, PUBLIC_KEY } from './client-files.ts';

/** A web server on loopback; addresses at app.test lead there. */
async function websites(answer: RequestListener): Promise<Pick<OnlineDeps, 'fetch' | 'outgoing' | 'checkHost'>> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const there = (url: unknown) => String(url).replace('https://app.test', `http://127.0.0.1:${port}`);
  const outgoing = createOutgoing({ privateHosts: ['127.0.0.1'] });
  return {
    fetch: (url, init) => fetch(there(url), init),
    outgoing: (url, request) => outgoing(there(url), request),
    checkHost: (url) => checkHost({ privateHosts: ['known.test', '10.1.0.0/16'], resolve: names }, url),
  };
}

async function problemsOnline(lines: string, answer: RequestListener, timeoutMs = 5000): Promise<string[]> {
  const place = { env: DEVELOPMENT, ...configFiles({ 'config/clients/app.yaml': clientYaml('web', lines) }) };
  const { files, problems } = loadClients({ ...place, now: new Date(0) }, readKnownConfig(place).known);
  expect(problems).toEqual([]);
  return linesOf(await onlineProblems({ ...(await websites(answer)), timeoutMs }, files));
}

/** app.test is public; what ends in an address has that one. */
const names: Resolve = (host, _options, done) => {
  if (host === 'nowhere.test') return done(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []);
  done(null, [{ address: host === 'app.test' ? '1.1.1.1' : '10.0.0.1', family: 4 }]);
};

const KEYS = 'client_secrets: -\ntoken_endpoint_auth_method: private_key_jwt\njwks_uri: https://app.test/jwks';
const PAGES = 'client_uri: https://app.test/\npolicy_uri: https://app.test/privacy\ntos_uri: https://app.test/terms';

const key = Object.fromEntries(
  [...PUBLIC_KEY.matchAll(/(\w+): ([\w-]+)/g)].map(([, name = '', value]) => [name, value]),
);

describe('a key set', () => {
  const answering =
    (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
    (_request, response) =>
      void response.writeHead(status, headers).end(body);

  test('with public keys is fine', async () => {
    expect(await problemsOnline(KEYS, answering(200, JSON.stringify({ keys: [key], more: 1 })))).toEqual([]);
  });

  test.each([
    [404, '', 'answers 404'],
    [302, '', 'answers 302; expected 200, without a redirect'],
    [200, '<html>', 'is not JSON'],
    [200, '{"keys": []}', 'is not a set of public keys: keys'],
    [200, '[]', 'is not a set of public keys'],
    [200, JSON.stringify({ keys: [{ ...key, d: 'x' }] }), 'keys.0.d is part of a private key'],
    [200, ' '.repeat(65 * 1024), 'is longer than 64 KiB'],
  ])('that answers %s %.30j is told', async (status, body, expected) => {
    expect(await problemsOnline(KEYS, answering(status, body, { location: 'https://app.test/other' }))).toEqual([
      expect.stringMatching(/^config\/clients\/app\.yaml:5 jwks_uri: /),
    ]);
    expect((await problemsOnline(KEYS, answering(status, body, { location: '/' })))[0]).toContain(expected);
  });
});

describe('pages', () => {
  test('that open are fine, also after a redirect', async () => {
    const answer: RequestListener = ({ url }, response) =>
      void (url === '/terms' ? response.writeHead(302, { location: '/' }) : response.writeHead(200)).end('x');
    expect(await problemsOnline(PAGES, answer)).toEqual([]);
  });

  test('that do not are all told', async () => {
    const answer: RequestListener = ({ url, socket }, response) => {
      if (url === '/') response.writeHead(500).end();
      else if (url === '/privacy') socket.destroy();
    };
    expect(await problemsOnline(PAGES, answer, 2000)).toEqual([
      'config/clients/app.yaml:5 client_uri: answers 500',
      'config/clients/app.yaml:6 policy_uri: cannot be reached: UND_ERR_SOCKET',
      'config/clients/app.yaml:7 tos_uri: cannot be reached: no answer within 2 seconds',
    ]);
  });
});

test('a client that points nowhere costs no request', async () => {
  const answer: RequestListener = () => expect.unreachable();
  expect(await problemsOnline('', answer)).toEqual([]);
});

describe('where an app is told of sign-outs', () => {
  const silent: RequestListener = () => expect.unreachable();
  const told = (uri: string) => problemsOnline(`backchannel_logout_uri: ${uri}`, silent);

  test.each(['https://app.test/logout', 'https://known.test/logout', 'https://10.1.2.3/logout'])(
    '%s may be called, and nothing is posted there',
    async (uri) => {
      expect(await told(uri)).toEqual([]);
    },
  );

  test.each([
    ['https://nowhere.test/logout', 'ENOTFOUND'],
    ['https://10.2.0.1/logout', '10.2.0.1 is not a public address; if that is meant, add 10.2.0.1 to outgoing'],
    [
      'https://app.internal/x',
      'app.internal resolves to 10.0.0.1, which is not a public address; if that is meant, add',
    ],
  ])('%s is told by file and line', async (uri, why) => {
    expect(await told(uri)).toEqual([
      expect.stringContaining(`config/clients/app.yaml:5 backchannel_logout_uri: cannot be reached: ${why}`),
    ]);
  });
});
