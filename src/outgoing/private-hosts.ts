// Which addresses are not the public internet's, and which of those an operator allows.
import { BlockList, isIP } from 'node:net';

export interface AddressRule {
  /** The operator named this very host; whatever it resolves to is theirs. */
  namesHost(url: URL): boolean;
  allowsAddress(address: string): boolean;
}

/** IANA's registries of special-purpose addresses, and multicast. Other IPv6 than 2000::/3 is not global unicast. */
const SPECIAL = blockList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
]);
const GLOBAL_UNICAST_6 = blockList(['2000::/3']);

export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return family === 4 ? !SPECIAL.check(address) : contains(GLOBAL_UNICAST_6, address) && !contains(SPECIAL, address);
}

/** `entries` as `outgoing.private_hosts` has them: hosts, host:port, addresses, CIDR blocks. */
export function addressRule(entries: readonly string[]): AddressRule {
  const networks = blockList(entries.filter((entry) => entry.includes('/') || isIP(entry) !== 0));
  const hosts = new Set(entries);
  return {
    namesHost: (url) => hosts.has(url.hostname) || hosts.has(`${url.hostname}:${portOf(url)}`),
    allowsAddress: (address) => isPublic(address) || contains(networks, address),
  };
}

export const portOf = ({ port, protocol }: URL): string => port || (protocol === 'https:' ? '443' : '80');

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const version = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, version);
    else list.addSubnet(address, Number(prefix), version);
  }
  return list;
}

/** An address with a zone (fe80::1%eth0) is no global one, and in no list. */
const contains = (list: BlockList, address: string): boolean => {
  const family = isIP(address);
  return family !== 0 && !address.includes('%') && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
};
