// The README's first app, exactly as it is printed there: whoever copies it gets this far.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { signsIn } from '../support/sign-in.ts';
import { freePort, startTestServer } from '../support/start-server.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');

/** The only block of this language under the heading. */
function printedBlock(language: string): string {
  const section = readme.split(/^## /m).find((part) => part.startsWith('Connect your first app')) ?? '';
  return new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'm').exec(section)?.[1] ?? '';
}

async function runApp(program: string, url: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-readme-'));
  writeFileSync(path.join(folder, 'app.mjs'), program);
  const app = spawn(process.execPath, [path.join(folder, 'app.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => {
    app.kill();
    rmSync(folder, { recursive: true });
  });
  const listens = () =>
    fetch(url, { redirect: 'manual' }).then(
      () => true,
      () => false,
    );
  for (let tries = 0; !(await listens()); tries += 1) {
    if (tries === 100 || app.exitCode !== null) throw new Error('the app of the README does not start');
    await sleep(100);
  }
}

test('the app of the README greets a person with their roles', async () => {
  const url = `http://localhost:${await freePort()}`;
  const server = await startTestServer({
    clients: { 'my-app': printedBlock('yaml').replaceAll('http://localhost:4000', url) },
  });
  onTestFinished(() => server.stop());
  await server.person({ email: 'jane@example.test', name: 'Jane', roles: ['vendor', 'editor'] });
  const program = printedBlock('js')
    .replaceAll("'openid-client'", JSON.stringify(import.meta.resolve('openid-client')))
    .replaceAll('http://localhost:3000', server.issuer)
    .replaceAll('http://localhost:4000', url)
    .replaceAll('listen(4000)', `listen(${new URL(url).port})`);
  await runApp(program, url);

  const browser = await new Browser().open(url);
  await signsIn(browser, { identifier: 'jane@example.test' });
  await browser.submit({}, 'Allow');
  expect(browser.page.text).toBe('Hello Jane! Your roles: editor, vendor');

  await browser.open(browser.page.url);
  expect(browser.page.status).toBe(400);
});
