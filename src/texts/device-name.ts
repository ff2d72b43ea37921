// A User-Agent in words for people: "Firefox on Windows". What it says is the browser's claim, and proves nothing.
import Bowser from 'bowser';
import type { Texts } from './messages.ts';

/** Browsers need some 200 characters; nobody makes us match patterns against 16 kB. */
const READ_CHARACTERS = 512;

/**
 * Bowser takes what it does not know as it stands; but whoever asks for a new password of somebody else chooses the
 * User-Agent, and would write into their mail. So only names that it knows itself.
 */
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

/** Empty where nothing is known: a mail leaves it out, a list says `device_name.unknown`. */
export function deviceName(t: Texts, userAgent: string): string {
  const parser = Bowser.getParser(userAgent.slice(0, READ_CHARACTERS) || ' ');
  const browser = known(BROWSERS, parser.getBrowserName());
  const system = known(SYSTEMS, parser.getOSName());
  if (browser === '' || system === '') return browser || system;
  return t('device_name.browser_on_system', { browser, system });
}

const known = (names: ReadonlySet<string>, name: string | undefined): string =>
  name !== undefined && names.has(name) ? name : '';

/** For lists, where a row needs a name. */
export const deviceLabel = (t: Texts, userAgent: string): string =>
  deviceName(t, userAgent) || t('device_name.unknown');
