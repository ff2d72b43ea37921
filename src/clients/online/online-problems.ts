// Looks at what client files point to, when an operator asks for it: key sets, the pages people can open, and where apps
// are told of sign-outs.
import type { Problem } from '../../config/problem.ts';
import type { Outgoing } from '../../outgoing/outgoing.ts';
import { whyUnreachable } from '../../outgoing/why-unreachable.ts';
import { jwks } from '../jwks-field.ts';
import type { LoadedClient } from '../load-client.ts';

export interface OnlineDeps {
  /** For pages, which people open and not the server. */
  readonly fetch: typeof fetch;
  /** As the server would make the request, by the rules of gatehouse.yaml. */
  readonly outgoing: Outgoing;
  readonly checkHost: (url: string) => Promise<void>;
  /** Milliseconds for one address. */
  readonly timeoutMs: number;
}

/** Bytes; what the server itself would read of a key set. */
const MOST_BYTES = 64 * 1024;

/** Addresses asked at once. */
const AT_ONCE = 16;

interface Address {
  readonly client: LoadedClient;
  readonly key: string;
  readonly url: string;
  readonly check: (deps: OnlineDeps, url: string) => Promise<string | undefined>;
}

/** Of clients without other problems. Logos are not fetched: they are files beside ours. */
export async function onlineProblems(deps: OnlineDeps, clients: readonly LoadedClient[]): Promise<readonly Problem[]> {
  const addresses = clients.flatMap(addressesOf);
  const problems: Problem[] = [];
  for (let first = 0; first < addresses.length; first += AT_ONCE) {
    const found = await Promise.all(addresses.slice(first, first + AT_ONCE).map((each) => problemAt(deps, each)));
    problems.push(...found.flatMap((problem) => problem ?? []));
  }
  return problems;
}

function addressesOf(loaded: LoadedClient): readonly Address[] {
  const { client } = loaded;
  if (client === undefined) return [];
  const stated = [
    { key: 'jwks_uri', url: client.jwksUri, check: keySetProblem },
    { key: 'backchannel_logout_uri', url: client.backchannelLogoutUri, check: hostProblem },
    { key: 'client_uri', url: client.clientUri, check: pageProblem },
    { key: 'policy_uri', url: client.policyUri, check: pageProblem },
    { key: 'tos_uri', url: client.tosUri, check: pageProblem },
  ];
  return stated.flatMap(({ url, ...rest }) => (url === undefined ? [] : [{ client: loaded, url, ...rest }]));
}

async function problemAt(deps: OnlineDeps, { client, key, url, check }: Address): Promise<Problem | undefined> {
  const message = await check(deps, url).catch(
    (error: unknown) => `cannot be reached: ${whyUnreachable(error, deps.timeoutMs)}`,
  );
  if (message === undefined) return undefined;
  return { ...(client.placeOf?.([key]) ?? { file: client.file, line: undefined, path: key }), message };
}

async function pageProblem({ fetch, timeoutMs }: OnlineDeps, url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  await response.body?.cancel();
  return response.ok ? undefined : `answers ${response.status}`;
}

/** Nothing is posted there: what the app would be told has not happened. */
async function hostProblem({ checkHost }: OnlineDeps, url: string): Promise<undefined> {
  await checkHost(url);
}

/** Like the engine: no redirects, one document of a reasonable size, public keys. */
async function keySetProblem({ outgoing, timeoutMs }: OnlineDeps, url: string): Promise<string | undefined> {
  const response = await outgoing(url, {
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    return `answers ${response.status}; expected 200, without a redirect`;
  }
  const text = await readAtMost(response, MOST_BYTES);
  return text === undefined ? `is longer than ${MOST_BYTES / 1024} KiB` : documentProblem(text);
}

function documentProblem(text: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const { error } = jwks.loose().safeParse(document);
  const [issue] = error?.issues ?? [];
  return issue === undefined
    ? undefined
    : `is not a set of public keys: ${issue.path.join('.')} ${issue.message}`.trim();
}

async function readAtMost(response: Response, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
