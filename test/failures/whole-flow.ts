// Everything that apps and people do with the server, one request after the other, each checked. What happens to the
// server in between is the caller's business.
import { randomUUID } from 'node:crypto';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';
import { expect } from 'vitest';
import {
  type App,
  ASK,
  answerAt,
  post,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  tokensOf,
  userinfo,
  WEB,
} from '../protocol/apps.ts';
import { callbackOf, claimsIn, enrolsTotp, newBrowser, signsIn } from '../support/sign-in.ts';

export interface Signer {
  readonly keys: GenerateKeyPairResult;
  /** Its client file. */
  readonly yaml: string;
}

export async function newSigner(): Promise<Signer> {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const yaml = `client_id: signer\npreset: service\ntoken_endpoint_auth_method: private_key_jwt\njwks: { keys: [${JSON.stringify(jwk)}] }\n`;
  return { keys, yaml };
}

export interface Flow {
  readonly issuer: string;
  readonly email: string;
  readonly signer: Signer;
}

/** A person with a second factor to enrol, at an app that asks; then everything an app does with what it was given. */
export async function goThroughEverything(flow: Flow): Promise<void> {
  await apps(flow, await secondSignIn(flow, await firstSignIn(flow)));
  await provesItself(flow);
}

async function firstSignIn({ issuer, email }: Flow) {
  const browser = newBrowser();
  const request = requestOf(issuer, ASK, { acr_values: 'mfa' });
  await browser.open(request.url);
  await signsIn(browser, { identifier: email });
  const enrolment = await enrolsTotp(browser);
  await browser.submit({}, 'Allow');
  const code = callbackOf(browser).get('code') ?? `none at ${browser.page.url}: ${browser.page.text.slice(0, 300)}`;
  const { status, body } = await redeemFor(issuer, ASK, { code, request });
  expect({ status, body }).toMatchObject({ status: 200 });
  expect(claimsIn(body['id_token'])).toMatchObject({ acr: 'mfa', email });
  // Spent is spent, whoever is asked.
  expect((await redeemFor(issuer, ASK, { code, request })).status).toBe(400);
  return enrolment;
}

/** The code of the enrolment was spent by it; a recovery code is spent now. */
async function secondSignIn({ issuer, email }: Flow, factor: { spent: string; recoveryCodes: string[] }) {
  const browser = newBrowser();
  const request = requestOf(issuer, WEB);
  await browser.open(request.url);
  await signsIn(browser, { identifier: email });
  await browser.submit({ code: factor.spent }, 'Continue');
  expect(browser.page.status).toBe(400);
  await browser.submit({ code: factor.recoveryCodes[0] ?? '' }, 'Continue');
  const code = callbackOf(browser).get('code') ?? `none at ${browser.page.url}: ${browser.page.text.slice(0, 300)}`;
  const { status, body } = await redeemFor(issuer, WEB, { code, request });
  expect({ status, body }).toMatchObject({ status: 200 });
  return { browser, tokens: tokensOf(body) };
}

type SignedIn = Awaited<ReturnType<typeof secondSignIn>>;

async function apps({ issuer }: Flow, { browser, tokens }: SignedIn): Promise<void> {
  const introspected = async (token: string, app: App = WEB) => {
    const answer = await post(`${issuer}/token/introspection`, { token }, { client: app });
    return ((await answer.json()) as { active: boolean }).active;
  };
  expect((await userinfo(issuer, tokens.accessToken)).status).toBe(200);
  expect(await introspected(tokens.refreshToken)).toBe(true);
  expect((await refresh(issuer, WEB, tokens.refreshToken)).status).toBe(200);

  // A public client: each refresh token is good once, and the second use ends all of them.
  const spa = await signedIn(issuer, { app: SPA, browser });
  const child = tokensOf((await refresh(issuer, SPA, spa.tokens.refreshToken)).body);
  const grandchild = tokensOf((await refresh(issuer, SPA, child.refreshToken)).body);
  expect((await userinfo(issuer, grandchild.accessToken)).status).toBe(200);
  expect((await refresh(issuer, SPA, child.refreshToken)).status).toBe(400);
  expect((await refresh(issuer, SPA, grandchild.refreshToken)).status).toBe(400);

  // A pushed request.
  const request = requestOf(issuer, WEB);
  const pushed = await post(`${issuer}/request`, new URL(request.url).searchParams, { client: WEB });
  const { request_uri: uri } = (await pushed.json()) as { request_uri: string };
  const front = `${issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri: uri })}`;
  const code = answerAt((await browser.request(front)).headers.get('location')).get('code') ?? '';
  expect((await redeemFor(issuer, WEB, { code, request })).status).toBe(200);

  // What is revoked, and what ends with the session.
  const other = await signedIn(issuer, { app: SPA, browser });
  await post(`${issuer}/token/revocation`, { token: tokens.refreshToken }, { client: WEB });
  expect(await introspected(tokens.refreshToken)).toBe(false);
  await browser.open(`${issuer}/session/end?${new URLSearchParams({ id_token_hint: tokens.idToken })}`);
  expect((await refresh(issuer, SPA, other.tokens.refreshToken)).status).toBe(400);
  const asked = await browser.request(requestOf(issuer, WEB, { prompt: 'none' }).url);
  expect(answerAt(asked.headers.get('location')).get('error')).toBe('login_required');
}

/** Assertions and proofs are good once, at whichever process. */
async function provesItself({ issuer, email: _, signer }: Flow): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const assertion = await new SignJWT({ iss: 'signer', sub: 'signer', aud: issuer, jti: randomUUID(), exp: now + 60 })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(signer.keys.privateKey);
  const holder = await generateKeyPair('ES256');
  const jwk = await exportJWK(holder.publicKey);
  const proofOf = (claims: { iat: number; nonce?: string }) =>
    new SignJWT({ htm: 'POST', htu: `${issuer}/token`, jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .sign(holder.privateKey);
  const asSigner = {
    grant_type: 'client_credentials',
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  };
  const asked = async (form: Record<string, string>, more: Parameters<typeof post>[2] = {}) =>
    (await post(`${issuer}/token`, form, more)).status;
  expect([await asked(asSigner), await asked(asSigner)]).toEqual([200, 401]);
  const client = { clientId: 'robot', secret: WEB.secret ?? '' };
  const robot = { grant_type: 'client_credentials' };
  const bound = { client, headers: { dpop: await proofOf({ iat: now }) } };
  expect([await asked(robot, bound), await asked(robot, bound)]).toEqual([200, 400]);

  // Whose clock is an hour slow needs a nonce, and that of one process is good at the other, whichever that is.
  const late = async (nonce?: string) => {
    const dpop = await proofOf({ iat: now - 3600, ...(nonce === undefined ? {} : { nonce }) });
    return post(`${issuer}/token`, robot, { client, headers: { dpop } });
  };
  const [one, other] = [await late(), await late()];
  expect([one.status, other.status]).toEqual([400, 400]);
  const nonces = [other, one].map(({ headers }) => headers.get('dpop-nonce') ?? 'none');
  expect(nonces).not.toContain('none');
  for (const nonce of nonces) expect((await late(nonce)).status).toBe(200);
}
