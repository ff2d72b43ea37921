// Whether cookies are as safe as they can be, and arrive as they were set.
import { type Finding, note, ok, problem } from './finding.ts';
import { ask } from './issuer.ts';
import type { Configured } from './surroundings.ts';

const CHECK = 'cookies';

/** The language is the one cookie that is set without a sign-in; what happens to it happens to all. */
export async function checkCookies({ config: { issuer } }: Pick<Configured, 'config'>): Promise<Finding[]> {
  const asked = await ask(`${issuer}/?ui_locales=en`, { 'sec-fetch-site': 'same-origin', accept: 'text/html' });
  const cookies = 'why' in asked ? [] : asked.response.headers.getSetCookie();
  return cookieFindings(
    issuer,
    cookies.find((cookie) => cookie.includes('gatehouse_lang=')),
  );
}

/** `cookie` as it arrived; undefined when there was none. */
export function cookieFindings(issuer: string, cookie: string | undefined): Finding[] {
  const https = issuer.startsWith('https:');
  const wanted = ['HttpOnly', 'SameSite', ...(https ? ['Secure'] : [])];
  const missing = wanted.filter((attribute) => !new RegExp(`;\\s*${attribute}\\b`, 'i').test(cookie ?? ''));
  const fix =
    'Let the proxy pass Set-Cookie on as it is: no proxy_cookie_path, proxy_cookie_domain or cookie rewriting.';
  if (cookie === undefined) return [problem(CHECK, 'A cookie that the server sets does not arrive', fix)];
  if (missing.length > 0 || /;\s*Domain=/i.test(cookie)) {
    const what = missing.length > 0 ? `without ${missing.join(', ')}` : 'with a Domain';
    return [problem(CHECK, `A cookie arrives ${what}, which the server did set otherwise`, fix)];
  }
  if (https) return [ok(CHECK, 'Secure, HttpOnly, SameSite=Lax, the session bound to this host (__Host-)')];
  return [
    note(
      CHECK,
      'HttpOnly and SameSite=Lax, but not Secure: the issuer is http',
      'Right on this machine only. Anywhere else state an https issuer.',
    ),
  ];
}
