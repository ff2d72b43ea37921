// Resolves a host to addresses that may be connected to. What was checked is what is connected to: a name that answers
// differently the next time (DNS rebinding) gains nothing.
import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { AddressRefused } from './address-refused.ts';
import type { AddressRule } from './private-hosts.ts';

export type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const byDns: Resolve = (host, options, done) => lookup(host, options, done);

/** @throws AddressRefused for a URL that states an address, which no lookup will see */
export function checkStatedAddress(rule: AddressRule, url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !rule.namesHost(url) && !rule.allowsAddress(host)) throw new AddressRefused(host, host);
}

/** In the form that sockets take. Where some addresses of a host are public and some are not, only those are used. */
export function guardedLookup(rule: AddressRule, url: URL, resolve: Resolve = byDns): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const allowed = rule.namesHost(url) ? addresses : addresses.filter(({ address }) => rule.allowsAddress(address));
      const [first] = allowed;
      if (first === undefined) return callback(new AddressRefused(hostname, addresses[0]?.address ?? 'nothing'), '');
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
