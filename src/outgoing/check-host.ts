// Whether a request to an address would be made at all: the host resolves, and to something that may be called.
import { isIP } from 'node:net';
import { checkStatedAddress, guardedLookup, type Resolve } from './guarded-lookup.ts';
import { addressRule } from './private-hosts.ts';

/** Sends nothing. @throws AddressRefused, or what the lookup throws (ENOTFOUND) */
export async function checkHost(
  { privateHosts, resolve }: { privateHosts: readonly string[]; resolve?: Resolve },
  address: string,
): Promise<void> {
  const url = new URL(address);
  const rule = addressRule(privateHosts);
  checkStatedAddress(rule, url);
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return;
  await new Promise<void>((done, fail) => {
    guardedLookup(rule, url, resolve)(url.hostname, { all: true }, (error) => (error === null ? done() : fail(error)));
  });
}
