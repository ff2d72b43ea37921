// A real browser: Debian's Chromium, driven by playwright-core.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The flags keep it from looking for its maker's servers, and let it run as root in a container. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executable = process.env['CHROMIUM'] ?? CANDIDATES.find((path) => existsSync(path));

/** False where there is no Chromium: then tests in a browser are skipped. */
export const chromiumAvailable = (): boolean => executable !== undefined;

/** Once per run: says loudly what is skipped. On CI that is an error instead. */
export function requireChromium(): void {
  if (executable !== undefined) return;
  const missing = 'Chromium is not installed (Debian: apt-get install chromium)';
  if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
  console.warn(`\n!!! ${missing}: every test in a real browser is SKIPPED.\n`);
}

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ ...(executable === undefined ? {} : { executablePath: executable }), headless: true, args: FLAGS });
