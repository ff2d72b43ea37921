// What the API says of itself.
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isProductPermission } from '../../src/config/roles/product-permissions.ts';
import { OPERATIONS } from '../support/api.ts';
import { newBrowser } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string; security: object[] }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { additionalProperties?: boolean }>> };
}

const description = async (): Promise<Document> =>
  (await (await fetch(`${server.issuer}/api/v1/openapi.json`)).json()) as Document;

describe('the description', () => {
  test('is OpenAPI 3.1, by the schema of that', async () => {
    const document = await description();
    expect(document.openapi).toBe('3.1.0');
    const { valid, errors } = await new Validator().validate(
      structuredClone(document) as object as Record<string, unknown>,
    );
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test('has every operation, once, with the permission that it needs', async () => {
    const { paths } = await description();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, security }]) => ({ path, method, operationId, security })),
    );
    expect(described).toHaveLength(OPERATIONS.length);
    expect(new Set(described.map(({ operationId }) => operationId)).size).toBe(OPERATIONS.length);
    for (const { id, needs, shows } of OPERATIONS) {
      expect(isProductPermission(needs)).toBe(true);
      expect(described.find(({ operationId }) => operationId === id)?.security).toEqual([
        { token: shows === undefined ? [needs] : [needs, shows] },
      ]);
    }
  });

  test('refers to nothing that is not there', async () => {
    const document = await description();
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(refs.length).toBeGreaterThan(OPERATIONS.length / 2);
    expect(refs.filter((name) => !Object.hasOwn(document.components.schemas, String(name)))).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  test('is a page for people, too', async () => {
    const browser = await newBrowser().open(`${server.issuer}/api/v1`);
    expect(browser.title).toBe('Gatehouse: administration');
    expect(browser.text).toContain(`${server.issuer}/api/v1`);
    for (const { path } of OPERATIONS) expect(browser.text).toContain(`/api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  });

  test('is nowhere where it is switched off, and the API is there all the same', async () => {
    const closed = await startTestServer({ settings: `api: { docs: false }${RESOURCES}` });
    for (const path of ['', '/openapi.json']) {
      expect((await fetch(`${closed.issuer}/api/v1${path}`)).status, path).toBe(404);
    }
    expect((await fetch(`${closed.issuer}/api/v1/accounts/x`)).status).toBe(401);
    await closed.stop();
  });
});
