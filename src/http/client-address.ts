// The caller's address, behind proxies we trust. Everyone else may claim what they like.
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';

type Caller = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } };

export interface ClientAddress {
  /** Whether the directly connected peer is one of our proxies, so that its X-Forwarded-* headers count. */
  trustsPeerOf(req: Caller): boolean;
  /** The rightmost hop that is not one of our proxies, in canonical form; `unknown` when the connection is already gone. */
  of(req: Caller): string;
}

/** @throws Error for an entry that is neither an address nor a CIDR block */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const block of trustedProxies) addBlock(trusted, block);
  const trusts = (ip: string) => trusted.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
  const peerOf = (req: Caller) => canonicalAddress(req.socket.remoteAddress ?? '');
  return {
    trustsPeerOf(req) {
      const peer = peerOf(req);
      return peer !== undefined && trusts(peer);
    },
    of(req) {
      let hop = peerOf(req);
      if (hop === undefined) return 'unknown';
      const claimed = req.headers['x-forwarded-for'];
      const hops = claimed === undefined ? [] : [claimed].flat().join(',').split(',');
      // Each proxy appends whom it saw, so the claims are read from the right, for as long as the last speaker is ours.
      while (trusts(hop)) {
        const before = canonicalAddress(withoutPort(hops.pop() ?? ''));
        if (before === undefined) break;
        hop = before;
      }
      return hop;
    },
  };
}

/** One spelling per address (RFC 5952), without zone; IPv4 in IPv6 clothes is IPv4. `undefined` for anything else. */
export function canonicalAddress(text: string): string | undefined {
  const address = text.trim().split('%', 1)[0] ?? '';
  const version = isIP(address);
  if (version === 0) return undefined;
  if (version === 4) return address;
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(canonical)?.[1];
  return mapped ?? canonical;
}

/** The /24 (IPv4) or /64 (IPv6) around an address: what limits count by, since one caller easily has all of it. */
export function networkOf(ip: string): string {
  const address = canonicalAddress(ip);
  if (address === undefined) return ip;
  if (isIP(address) === 4) return address.replace(/\.\d+$/, '.0/24');
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function addBlock(list: BlockList, block: string): void {
  const [address = '', bits] = block.split('/');
  const version = isIP(address);
  const width = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (version === 0 || !(prefix >= 0 && prefix <= width)) throw new Error(`${block} is not an address or a CIDR block`);
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
}

/** Some proxies write the port too: 192.0.2.1:4711, [2001:db8::1]:4711. */
function withoutPort(hop: string): string {
  const text = hop.trim();
  return /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}
