// A server process says nothing but its log lines: the engine prints NOTICE or WARNING where something was left to its
// defaults, Node where something is deprecated. A process of its own, so that what is printed at import time counts too.
import { spawnSync } from 'node:child_process';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { answerOf, developmentPlace, startProgram } from '../cli/command-line.ts';
import { makeTestDatabase } from '../support/database.ts';
import { CALLBACK, CLIENTS, freePort, PASSWORD, RESOURCES, WEB_SECRET } from '../support/start-server.ts';
import { ASK, authorize, post, ROBOT, redeemFor, refresh, requestOf, SPA, signedIn, userinfo, WEB } from './apps.ts';

const REMARK = /oidc-provider (NOTICE|WARNING)|\bWarning:|DEP\d{4}/;

test('an engine left to its defaults makes remarks that this file would see', () => {
  const program = `
    import Provider from 'oidc-provider';
    const provider = new Provider('http://localhost:1', { clients: [{ client_id: 'x', redirect_uris: ['http://localhost/cb'], token_endpoint_auth_method: 'none' }] });
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  expect(stdout + stderr).toMatch(REMARK);
});

test('through sign-in, tokens, refresh, DPoP, PAR, keys and sign-out a server prints log lines and nothing else', async () => {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const signer = `client_id: signer\npreset: service\ntoken_endpoint_auth_method: private_key_jwt\njwks: { keys: [${JSON.stringify(jwk)}] }\n`;
  const database = await makeTestDatabase();
  const files = Object.fromEntries(
    Object.entries({ ...CLIENTS, signer }).map(([name, yaml]) => [`config/clients/${name}.yaml`, yaml]),
  );
  const place = developmentPlace(database.dataDir, { ...files, 'config/gatehouse.yaml': `mfa: optional${RESOURCES}` });
  await answerOf(place, ['user', 'create', '--email', 'jane@example.test', '--password-stdin'], { stdin: PASSWORD });
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const env = {
    ...place.env,
    GATEHOUSE_LOG_LEVEL: 'info',
    GATEHOUSE_ISSUER: issuer,
    PORT: String(port),
    HOST: '127.0.0.1',
  };
  const program = startProgram({ ...place, env }, ['serve', '--json']);
  await program.shows(/server\.started/);

  for (const app of [WEB, ASK, SPA]) {
    const scope = 'openid profile email roles offline_access';
    const { browser, tokens } = await signedIn(issuer, { app, email: 'jane@example.test', params: { scope } });
    expect((await userinfo(issuer, tokens.accessToken)).status).toBe(200);
    expect((await refresh(issuer, app, tokens.refreshToken)).status).toBe(200);
    await browser.request(requestOf(issuer, app, { response_mode: 'form_post' }).url);
    await browser.request(requestOf(issuer, app, { prompt: 'none', response_type: 'token' }).url);
    await browser.request(requestOf(issuer, app, { redirect_uri: 'https://evil.test/' }).url);
    await browser.open(`${issuer}/session/end`);
    await browser.submit({}, 'Sign out');
  }

  const { code, request } = await authorize(issuer, { email: 'jane@example.test' });
  const now = Math.floor(Date.now() / 1000);
  const proof = await new SignJWT({ htm: 'POST', htu: `${issuer}/token`, iat: now, jti: 'proof' })
    .setProtectedHeader({ alg: 'RS256', typ: 'dpop+jwt', jwk: await exportJWK(keys.publicKey) })
    .sign(keys.privateKey);
  const form = { grant_type: 'authorization_code', code, code_verifier: request.verifier, redirect_uri: CALLBACK };
  expect((await post(`${issuer}/token`, form, { client: WEB, headers: { dpop: proof } })).status).toBe(200);
  expect((await redeemFor(issuer, WEB, { code, request })).status).toBe(400);

  const assertion = await new SignJWT({ iss: 'signer', sub: 'signer', aud: issuer, jti: 'assertion', exp: now + 60 })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(keys.privateKey);
  const asService = {
    grant_type: 'client_credentials',
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  };
  expect((await post(`${issuer}/token`, asService)).status).toBe(200);
  expect((await post(`${issuer}/token`, { grant_type: 'client_credentials' }, { client: ROBOT })).status).toBe(200);
  expect((await post(`${issuer}/request`, new URL(request.url).searchParams, { client: WEB })).status).toBe(201);
  for (const path of ['/token/introspection', '/token/revocation']) {
    expect((await post(`${issuer}${path}`, { token: 'x' }, { client: WEB })).status).toBe(200);
  }
  const cors = { origin: 'https://spa.example.test', 'access-control-request-method': 'POST' };
  await fetch(`${issuer}/token`, { method: 'OPTIONS', headers: cors });
  await fetch(`${issuer}/jwks`);
  await fetch(`${issuer}/.well-known/openid-configuration`);

  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
  await database.remove();
  const lines = program.output().trim().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) {
    expect(line).not.toMatch(REMARK);
    expect(() => JSON.parse(line), line).not.toThrow();
    expect(JSON.parse(line), line).not.toMatchObject({ level: 'error' });
  }
  expect(program.output()).not.toContain(WEB_SECRET);
});
