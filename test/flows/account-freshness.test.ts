// What changes how somebody gets in wants a sign-in of the last five minutes, with the second factor of who has one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountDeps } from '../../src/account-centre/deps.ts';
import type { Account } from '../../src/accounts/account.ts';
import { withBuiltIn } from '../../src/clients/live/built-in.ts';
import { epochSeconds } from '../../src/clock.ts';
import { type Demand, FRESH, missingFor } from '../../src/signed-in/demand.ts';
import type { SignedIn } from '../../src/signed-in/signed-in.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols } from '../support/visits.ts';

let server: TestServer;
let plain: Account;
let enrolled: Account;
let administrator: Account;

beforeAll(async () => {
  server = await startTestServer();
  plain = await server.person({ email: 'ada@example.test' });
  enrolled = await server.person({ email: 'ben@example.test' });
  administrator = await server.person({ email: 'root@example.test', roles: ['gatehouse:admin'] });
  await enrols(server, { identifier: 'ben@example.test' });
});

afterAll(() => server.stop());

const deps = (mfa: 'optional' | 'required' = 'optional'): AccountDeps => {
  const config = { ...server.config, accounts: { ...server.config.accounts, mfa } };
  const clients = withBuiltIn(() => new Map(), config);
  return { config, clients, clock: movingClock, db: server.database.db } as unknown as AccountDeps;
};

function signedIn(account: Account, { acr = 'pwd' as 'pwd' | 'mfa', ago = 0 } = {}): SignedIn {
  const authTime = epochSeconds(movingClock.now()) - ago;
  return { account, session: { uid: 'x', authTime, acr, amr: ['pwd'] } };
}

const missing = (me: SignedIn | undefined, demand: Demand = {}, mfa: 'optional' | 'required' = 'optional') =>
  missingFor(deps(mfa), me, demand);

describe('a page that wants nothing in particular', () => {
  test('takes every sign-in, however old', async () => {
    expect(await missing(signedIn(plain, { ago: 40_000 }))).toBeUndefined();
    expect(await missing(signedIn(enrolled, { ago: 40_000 }))).toBeUndefined();
  });

  test('takes nobody as somebody', async () => {
    expect(await missing(undefined)).toEqual({ maxAgeSeconds: undefined, secondFactor: false });
  });

  test('wants a second factor where the configuration does, or a role', async () => {
    expect(await missing(signedIn(plain), {}, 'required')).toMatchObject({ secondFactor: true });
    expect(await missing(signedIn(administrator))).toMatchObject({ secondFactor: true });
    expect(await missing(signedIn(plain, { acr: 'mfa' }), {}, 'required')).toBeUndefined();
    expect(await missing(signedIn(administrator, { acr: 'mfa' }))).toBeUndefined();
  });
});

describe('a page that wants a fresh sign-in', () => {
  test.each([
    [0, undefined],
    [300, undefined],
    [301, { maxAgeSeconds: 300, secondFactor: false }],
    [40_000, { maxAgeSeconds: 300, secondFactor: false }],
  ])('has, after %i seconds, %o to ask for', async (ago, expected) => {
    expect(await missing(signedIn(plain, { ago }), FRESH)).toEqual(expected);
    expect(await missing(signedIn(enrolled, { acr: 'mfa', ago }), FRESH)).toEqual(expected);
  });

  test('wants the second factor of who has one, also where the device was trusted with the password alone', async () => {
    expect(await missing(signedIn(enrolled), FRESH)).toEqual({ maxAgeSeconds: 300, secondFactor: true });
    expect(await missing(signedIn(enrolled, { ago: 400 }), FRESH)).toEqual({ maxAgeSeconds: 300, secondFactor: true });
    expect(await missing(signedIn(plain), FRESH)).toBeUndefined();
  });
});
