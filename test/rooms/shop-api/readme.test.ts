// The commands of the example's README, exactly as they are printed there, against the demo's own configuration.
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { DEMO_API } from '../../../examples/shop/shop.ts';
import { startTestServer } from '../../support/start-server.ts';
import { openApi } from './setting.ts';

const repository = path.join(import.meta.dirname, '../../..');
const readme = readFileSync(path.join(repository, 'examples/shop-api/README.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

/** Not the synchronous one: the server that answers is in this process. */
const run = promisify(execFile);

const hasCurl = spawnSync('curl', ['--version']).status === 0;

test.skipIf(!hasCurl)('whoever types the commands of the README sees what it says', async () => {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-api-readme-'));
  onTestFinished(() => rmSync(configDir, { recursive: true }));
  cpSync(path.join(repository, 'config'), configDir, { recursive: true });
  const [bookkeeper = '', api = ''] = blocks('yaml');
  writeFileSync(path.join(configDir, 'clients/bookkeeper.yaml'), bookkeeper);
  writeFileSync(path.join(configDir, 'clients/shop-api.yaml'), api);
  const server = await startTestServer({
    configDir,
    env: { SHOP_API_CLIENT_SECRET: 'vQ8zL1nT5xK3bR7wE2pY9cM4hG6dJ0fS' },
  });
  onTestFinished(() => server.stop());
  const { url, close } = await openApi({ issuer: server.issuer, audience: DEMO_API.audience });
  onTestFinished(close);

  const commands = blocks('sh')
    .join('')
    .replaceAll('http://localhost:3000', server.issuer)
    .replaceAll(DEMO_API.url, url);
  const { stdout, stderr } = await run('sh', ['-c', commands.replaceAll('curl -i', 'curl -s -i')]);
  expect(stderr).toBe('');
  expect(stdout.match(/^HTTP\/1\.1 \d{3}/gm)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200', 'HTTP/1.1 403']);
  expect(stdout).toContain('WWW-Authenticate: Bearer realm="Shop API"\r\n');
  expect(stdout).toContain('"seller":"Ines"');
  expect(stdout).toContain('error="insufficient_scope"');
});
