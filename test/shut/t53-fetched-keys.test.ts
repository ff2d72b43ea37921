// T53: the one address that the server fetches for an app, its key set, costs it no more than a key set does, and leads nowhere else.
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { post } from '../protocol/apps.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { selfSigned } from '../support/self-signed.ts';
import { assertionForm, newSigningClient, type SigningClient } from '../support/signing-client.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const MOST_BYTES = 64 * 1024;
const ENDLESS_BYTES = 100_000_000;
/** What connections of this machine hold between who sends and who has stopped reading. */
const BUFFERED_BYTES = 20_000_000;

const APPS = ['usual', 'large', 'too-large', 'endless', 'announced', 'led-inward', 'led-on'] as const;
type App = (typeof APPS)[number];

let server: TestServer;
let canary: Canary;
let stopKeys: () => void;
const apps = new Map<App, SigningClient>();
const asked: string[] = [];
let sent = 0;
let cut: Promise<unknown>;

beforeAll(async () => {
  // Nobody has signed the certificate of the key server.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  canary = await startCanary();
  const origin = await startKeyServer();
  const files: Record<string, string> = {};
  for (const name of APPS) {
    const app = await newSigningClient(name, { alg: 'ES256' });
    apps.set(name, app);
    files[name] = app.file.replace(/^jwks: .*$/m, `jwks_uri: ${origin}/${name}`);
  }
  // The operator allows this machine, the canary on it too: only what was written into the file is asked even so.
  const settings = `outgoing: { private_hosts: ["127.0.0.1"] }\nmfa: optional\n${RESOURCES}`;
  server = await startTestServer({ settings, clients: files });
});

afterAll(async () => {
  await server.stop();
  stopKeys();
  canary.stop();
  vi.unstubAllEnvs();
});

const keySet = (name: App): string => JSON.stringify({ keys: [apps.get(name)?.publicJwk] });

const ANSWERS: Record<App, (answer: ServerResponse) => void> = {
  usual: (answer) => void answer.end(keySet('usual')),
  large: (answer) => void answer.end(keySet('large').padStart(MOST_BYTES)),
  'too-large': (answer) => void answer.end(keySet('too-large').padStart(MOST_BYTES + 1)),
  endless: (answer) => goesOn(answer),
  announced: (answer) => goesOn(answer.setHeader('content-length', ENDLESS_BYTES)),
  'led-inward': (answer) => void answer.writeHead(302, { location: canary.url }).end(keySet('led-inward')),
  'led-on': (answer) => void answer.writeHead(307, { location: '/usual' }).end(keySet('led-on')),
};

async function startKeyServer(): Promise<string> {
  const keys = createServer(selfSigned(), ({ url = '' }, answer) => {
    asked.push(url);
    ANSWERS[url.slice(1) as App](answer.setHeader('content-type', 'application/json'));
  });
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  stopKeys = () => {
    keys.closeAllConnections();
    keys.close();
  };
  return `https://127.0.0.1:${(keys.address() as AddressInfo).port}`;
}

/** Sends as much as is taken, and counts it. */
function goesOn(answer: ServerResponse): void {
  const chunk = Buffer.alloc(50_000, ' ');
  sent = 0;
  cut = new Promise((resolve) => answer.once('close', resolve));
  const more = () => {
    while (sent < ENDLESS_BYTES && !answer.destroyed) {
      sent += chunk.length;
      if (!answer.write(chunk)) return void answer.once('drain', more);
    }
    answer.end();
  };
  more();
}

/** Asks for a token as this app, signed by the key that its key set has. */
async function signsIn(name: App): Promise<{ status: number; error: string | undefined }> {
  const app = apps.get(name);
  if (app === undefined) throw new Error(`no app ${name}`);
  const form = { grant_type: 'client_credentials', ...assertionForm(await app.assertion(server.issuer)) };
  const answer = await post(`${server.issuer}/token`, form);
  return { status: answer.status, error: ((await answer.json()) as { error?: string }).error };
}

const REFUSED = { status: 401, error: 'invalid_client' };

describe('T53 requests forged through the server (Keycloak CVE-2026-1180, Zitadel CVE-2026-27945): the keys that an app publishes', () => {
  test.each(['usual', 'large'] as const)('a key set of up to 64 KiB is taken: %s', async (name) => {
    expect(await signsIn(name)).toEqual({ status: 200, error: undefined });
  });

  test('one of a byte more is not, though the key is in it', async () => {
    expect(await signsIn('too-large')).toEqual(REFUSED);
  });

  test.each(['endless', 'announced'] as const)(
    'one of a hundred megabytes is cut off long before its end: %s',
    async (name) => {
      expect(await signsIn(name)).toEqual(REFUSED);
      await cut;
      expect(sent).toBeGreaterThan(0);
      expect(sent).toBeLessThan(BUFFERED_BYTES);
    },
  );

  test.each(['led-inward', 'led-on'] as const)(
    'an address that points elsewhere is not followed, and what it says is no key set: %s',
    async (name) => {
      asked.length = 0;
      expect(await signsIn(name)).toEqual(REFUSED);
      expect(asked).toEqual([`/${name}`]);
      expect(canary.hits()).toBe(0);
      expect(canary.knocks()).toBe(0);
    },
  );
});
