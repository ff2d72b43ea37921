// Whether the issuer is reached from here, and is this very installation.
import { DISCOVERY_PATHS, ENDPOINTS } from '../../provider/paths.ts';
import { type Finding, ok, problem } from './finding.ts';
import type { Configured } from './surroundings.ts';

const CHECK = 'issuer';
/** Milliseconds. */
export const TIMEOUT_MS = 4_000;

export interface IssuerCheck {
  readonly findings: readonly Finding[];
  /** Set when the right document came back. */
  readonly answered?: { readonly date: Date | undefined };
}

export async function checkIssuer(
  { config }: Pick<Configured, 'config'>,
  kids: readonly string[],
): Promise<IssuerCheck> {
  const { issuer } = config;
  const address = `${issuer}${DISCOVERY_PATHS[0]}`;
  const answer = await ask(address);
  if ('why' in answer) return { findings: [unreachable(issuer, answer.why)] };
  const { response, text } = answer;
  const wrong = statusProblem(issuer, response) ?? documentProblem(issuer, text) ?? (await keysProblem(issuer, kids));
  if (wrong !== undefined) return { findings: [wrong] };
  const date = response.headers.get('date');
  return {
    findings: [ok(CHECK, `${issuer} answers, and is this installation`)],
    answered: { date: date === null ? undefined : new Date(Date.parse(date)) },
  };
}

type Answered = { readonly response: Response; readonly text: string } | { readonly why: string };

/** Redirects are not followed: apps compare the issuer as text. */
export async function ask(url: string, headers: Record<string, string> = {}): Promise<Answered> {
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { response, text: await response.text() };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return { why: 'TIMEOUT' };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    return { why: code || (cause instanceof Error ? cause.message : String(cause)) };
  }
}

const TLS = /CERT|SSL|TLS|SIGNATURE|EPROTO/;

function unreachable(issuer: string, why: string): Finding {
  const { hostname } = new URL(issuer);
  if (why === 'ENOTFOUND' || why === 'EAI_AGAIN') {
    return problem(
      CHECK,
      `The name ${hostname} is not known from here (${why})`,
      'Make its DNS record, or run this command where the name is known: apps and people have to find it too.',
    );
  }
  if (why === 'ECONNREFUSED') {
    return problem(
      CHECK,
      `Nothing answers at ${issuer}`,
      'Start the server ("gatehouse serve") or the proxy in front of it; PORT and HOST say where the server listens.',
    );
  }
  if (why === 'TIMEOUT') {
    return problem(
      CHECK,
      `${issuer} does not answer within ${TIMEOUT_MS / 1000} s`,
      'Look at firewalls, and at whether the proxy reaches the server.',
    );
  }
  if (TLS.test(why)) return problem(CHECK, `TLS at ${issuer} fails: ${why}`, tlsFix(why, hostname));
  return problem(
    CHECK,
    `${issuer} cannot be reached: ${why}`,
    'Look at the server, the proxy in front of it, and the network between.',
  );
}

function tlsFix(why: string, hostname: string): string {
  if (why.includes('EXPIRED')) return 'The certificate has expired: renew it, and reload the proxy.';
  if (why.includes('ALTNAME')) return `The certificate is for other names: get one for ${hostname}.`;
  if (/SELF_SIGNED|LEAF|ISSUER/.test(why)) {
    return 'Nobody here trusts who signed the certificate: send the whole chain from the proxy, or name your own authority in NODE_EXTRA_CA_CERTS, here and for every app.';
  }
  return 'No TLS is spoken at this port: let the proxy do so, or state the issuer with the right port.';
}

function statusProblem(issuer: string, { status, headers }: Response): Finding | undefined {
  if (status === 200) return undefined;
  const location = headers.get('location');
  if (status >= 300 && status < 400) {
    return problem(
      CHECK,
      `${issuer} redirects to ${location ?? 'nowhere'}`,
      'Apps compare the issuer as text and follow nothing: state the address that answers itself as issuer, or take the redirect away.',
    );
  }
  if (status === 421) {
    return problem(
      CHECK,
      `The server does not take the Host that reaches it (421)`,
      'Let the proxy pass the Host header on ("proxy_set_header Host $host" in nginx), and see that the issuer is the address people use.',
    );
  }
  if (status === 404) {
    return problem(
      CHECK,
      `There is no discovery document at ${issuer} (404)`,
      'Something else answers there, or the proxy changes the path: pass all paths on as they are.',
    );
  }
  if ([502, 503, 504].includes(status)) {
    return problem(
      CHECK,
      `${issuer} answers ${status}`,
      'The proxy does not reach the server, or the server not its database: see whether it runs, and its log.',
    );
  }
  return problem(CHECK, `${issuer} answers ${status}`, 'See the log of the proxy and of the server.');
}

function documentProblem(issuer: string, text: string): Finding | undefined {
  const stated = issuerIn(text);
  if (stated === issuer) return undefined;
  if (stated === undefined) {
    return problem(
      CHECK,
      `What answers at ${issuer} is not Gatehouse`,
      'Another program has this address or port: see where the proxy leads, and PORT.',
    );
  }
  return problem(
    CHECK,
    `The server there says that its issuer is ${stated}`,
    'Restart the server if gatehouse.yaml or GATEHOUSE_ISSUER was changed; otherwise this command and the server are configured differently.',
  );
}

async function keysProblem(issuer: string, kids: readonly string[]): Promise<Finding | undefined> {
  const answer = await ask(`${issuer}${ENDPOINTS.jwks}`);
  const published = 'why' in answer ? [] : kidsIn(answer.text);
  if (kids.length === 0 || kids.some((kid) => published.includes(kid))) return undefined;
  return problem(
    CHECK,
    'The server there signs with keys that are not in this database',
    'It is another installation: give this command the same DATABASE_URL or GATEHOUSE_DATA_DIR as the server.',
  );
}

/** Nothing of what is no JSON object. */
export const parsed = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

function issuerIn(text: string): string | undefined {
  const stated = parsed(text)['issuer'];
  return typeof stated === 'string' ? stated : undefined;
}

const kidsIn = (text: string): readonly string[] => {
  const keys = parsed(text)['keys'];
  return Array.isArray(keys) ? keys.map((key: { kid?: unknown } | null) => String(key?.kid)) : [];
};
