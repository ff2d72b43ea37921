// The rules for URLs an operator writes down. Each returns what is wrong in words, or undefined.
import { isIP } from 'node:net';

/** As WHATWG URLs write them. The same three the engine knows; 127.0.0.2 and *.localhost are not among them. */
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

export const isLoopback = (url: URL): boolean => LOOPBACK_HOSTS.has(url.hostname);

export type ParsedUrl = { outcome: 'parsed'; url: URL } | { outcome: 'refused'; problem: string };

/** Takes only the one canonical spelling, so that comparing text is comparing URLs. No user name, no password. */
export function parsePlainUrl(text: string): ParsedUrl {
  const refused = (problem: string): ParsedUrl => ({ outcome: 'refused', problem });
  if (/[^\x21-\x7e]/.test(text) || text.includes('\\')) {
    return refused('expected a URL of plain ASCII characters (write international host names in punycode)');
  }
  const url = URL.parse(text);
  if (url === null) return refused('expected an absolute URL');
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  if (authority.includes('@') || url.username !== '' || url.password !== '')
    return refused('must not contain a user name or password');
  if (url.href !== text && url.href !== `${text}/`) return refused(`write it as ${url.href}`);
  return { outcome: 'parsed', url };
}

/** https, or http on the machine itself. */
export function webUrlProblem(url: URL): string | undefined {
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopback(url)) return undefined;
  return url.protocol === 'http:'
    ? 'must be https (http is allowed on localhost, 127.0.0.1 and [::1] only)'
    : 'must be an https URL';
}

/** OpenID Connect Discovery 1.0 section 3: https, no query, no fragment. Compared as text, so one spelling only. */
export function issuerProblem(text: string): string | undefined {
  if (/[?#]/.test(text)) return 'must not contain a query or a fragment';
  if (text.endsWith('/')) return 'must not end with a slash';
  const parsed = parsePlainUrl(text);
  return parsed.outcome === 'refused' ? parsed.problem : webUrlProblem(parsed.url);
}

/** The `Origin` header of a browser: scheme, host and port, nothing else. */
export function originProblem(text: string): string | undefined {
  const parsed = parsePlainUrl(text);
  if (parsed.outcome === 'refused') return parsed.problem;
  if (text.includes('*')) return 'must not contain a wildcard';
  if (parsed.url.origin !== text) return 'expected an origin: scheme, host and port without a path';
  return webUrlProblem(parsed.url);
}

/** RFC 8707 section 2: an absolute URI without a fragment. */
export function audienceProblem(text: string): string | undefined {
  const isUri = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(text) && URL.canParse(text);
  if (!isUri) return 'expected an absolute URI such as https://api.example.com';
  return text.includes('#') ? 'must not contain a fragment' : undefined;
}

export function cidrProblem(text: string): string | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const version = isIP(address);
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32);
  if (version === 0 || rest.length > 0 || !isPrefix) return 'expected a network such as 10.0.0.0/8 or 192.0.2.7/32';
  return Number(prefix) === 0 ? 'would trust every address there is' : undefined;
}

/** Whom requests to apps may reach on a private network: `app.internal`, with a port if it shall be that one, or addresses. */
export function privateHostProblem(text: string): string | undefined {
  if (text.includes('/')) return cidrProblem(text);
  const name = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::(\d{1,5}))?$/.exec(text);
  const port = Number(name?.[1] ?? 1);
  if (isIP(text) !== 0 || (name !== null && port >= 1 && port <= 65_535)) return undefined;
  return 'expected a host such as app.internal or app.internal:8443 (lower case, no wildcard), an address, or a network such as 10.0.0.0/8';
}

/** A Host header: name or address, with a port unless it is 80. */
export function hostProblem(text: string): string | undefined {
  const url = /^[\x21-\x7e]+$/.test(text) && !/[/\\?#@*]/.test(text) ? URL.parse(`http://${text}`) : null;
  if (url === null) return 'expected a host such as gatehouse or gatehouse:3000';
  return url.host === text ? undefined : `write it as ${url.host}`;
}

/** User and password percent-encoded; TLS is decided by the scheme and by `mail:`, so there is nothing to say after the port. */
export function smtpUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    return 'expected a URL such as smtp://user:password@mail.example.com:587 or smtps://mail.example.com:465';
  }
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    return 'must end after host and port; the keys beside smtp_url say the rest';
  }
  if ((url.username === '') !== (url.password === '')) return 'needs user name and password, or neither of them';
  const isEncoded = [url.username, url.password].every((part) => decoded(part) !== undefined);
  return isEncoded ? undefined : 'write % in the password as %25';
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export function postgresUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  const isPostgres = url !== null && (url.protocol === 'postgres:' || url.protocol === 'postgresql:');
  return isPostgres ? undefined : 'expected a URL such as postgres://user:password@host:5432/database';
}
