// One canonical form per identifier: what is unique, what is looked up and what is counted are the same text.
import { domainToASCII } from 'node:url';

/** RFC 5321 section 4.5.3.1: 254 for the address (a path of 256 less its angle brackets), 64 for the local part. */
const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_PART_LENGTH = 64;
/** RFC 5321 Dot-string. Quoted strings and non-ASCII local parts are refused: look-alikes without a real use. */
const DOT_STRING = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** Keeps what the URL host parser would read as something else (percent signs, ports, brackets) away from it. */
const DOMAIN_CHARACTERS = /^[\p{L}\p{M}\p{N}.\u3002-]+$/u;
/** RFC 1035 section 2.3.4: labels of up to 63; the last one is no number, so no IP address. */
const DOMAIN_NAME =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;
/** Control, format (bidi, zero width), surrogate, private and unassigned characters, line and paragraph separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

const USERNAME = /^[a-z][a-z0-9._-]{2,31}$/;
/**
 * Names that people would take for the operator, or programs for something else: the roles of RFC 2142, and what stands in
 * addresses of web and mail servers.
 */
const RESERVED_USERNAMES: ReadonlySet<string> = new Set(
  `abuse account accounts admin administrator administration anonymous api auth autoconfig autodiscover billing bot
  compliance contact daemon ftp gatehouse guest help helpdesk hostmaster info is it legal list list-request localhost
  login logout mail mailer-daemon marketing me moderator moderators news no-reply nobody noc none noreply null oauth
  official oidc operator operators owner postmaster privacy public register registration root sales security self server
  service settings signin signup ssladmin ssladministrator sslwebmaster staff superuser support sysadmin system team
  undefined unknown usenet user users uucp verified webmaster www you`.split(/\s+/),
);

/**
 * `address` as it is shown and sent to (domain in ASCII, so that look-alike letters show as xn--…),
 * `key` as it is compared. Undefined for anything that is not an address we accept.
 */
export function canonicalEmail(input: string): { address: string; key: string } | undefined {
  const text = canonicalText(input, MAX_EMAIL_LENGTH);
  const [local, domainAsTyped, ...rest] = text?.split('@') ?? [];
  if (local === undefined || domainAsTyped === undefined || rest.length > 0) return undefined;
  if (local.length > MAX_LOCAL_PART_LENGTH || !DOT_STRING.test(local)) return undefined;
  const domain = canonicalDomain(domainAsTyped);
  if (domain === undefined) return undefined;
  const address = `${local}@${domain}`;
  return address.length > MAX_EMAIL_LENGTH ? undefined : { address, key: address.toLowerCase() };
}

export interface CanonicalUsername {
  /** As it is shown. */
  readonly username: string;
  /** As it is compared. */
  readonly key: string;
}

/** A username that somebody chooses. Undefined for one that is malformed or reserved, here or by the configuration. */
export function canonicalUsername(input: string, alsoReserved: readonly string[] = []): CanonicalUsername | undefined {
  const name = spelledUsername(input);
  return name === undefined || RESERVED_USERNAMES.has(name.key) || alsoReserved.includes(name.key) ? undefined : name;
}

/** A username that somebody has: it stays theirs when it is reserved later. Undefined for what can be none. */
export function spelledUsername(input: string): CanonicalUsername | undefined {
  const username = canonicalText(input, 32);
  const key = username?.toLowerCase();
  return username === undefined || key === undefined || !USERNAME.test(key) ? undefined : { username, key };
}

/** A username has no '@', so the two kinds never meet. */
export function canonicalIdentifier(
  identifier: string,
): { column: 'email_key' | 'username_key'; value: string } | undefined {
  const email = canonicalEmail(identifier);
  if (email) return { column: 'email_key', value: email.key };
  const username = spelledUsername(identifier);
  return username && { column: 'username_key', value: username.key };
}

function canonicalDomain(typed: string): string | undefined {
  if (!DOMAIN_CHARACTERS.test(typed)) return undefined;
  const domain = domainToASCII(typed).toLowerCase().replace(/\.$/, '');
  return DOMAIN_NAME.test(domain) ? domain : undefined;
}

/** NFKC (Unicode TR 15), outer blanks off. The length is bounded first: normalising is not free. */
function canonicalText(input: string, maxLength: number): string | undefined {
  if (input.length > maxLength * 2 || UNPRINTABLE.test(input)) return undefined;
  const text = input.normalize('NFKC').trim();
  return text === '' || text.length > maxLength || UNPRINTABLE.test(text) ? undefined : text;
}
