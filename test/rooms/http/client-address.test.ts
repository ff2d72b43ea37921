import { describe, expect, test } from 'vitest';
import { canonicalAddress, createClientAddress, networkOf } from '../../../src/http/client-address.ts';

const proxies = createClientAddress(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);

const from = (peer: string | undefined, headers: Readonly<Record<string, string>> = {}) =>
  proxies.of({ headers, socket: { remoteAddress: peer } });

describe('X-Forwarded-For', () => {
  const table: [string, string, string, string][] = [
    ['is ignored from a peer that is not our proxy', '203.0.113.5', '1.1.1.1', '203.0.113.5'],
    ['names the client of our proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['counts from the right: what the client wrote stays left', '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    [
      'is followed through a chain of our proxies',
      '10.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.0.0.3, 192.0.2.7',
      '203.0.113.9',
    ],
    ['gives the leftmost hop when all are ours', '10.0.0.1', '10.0.0.4, 10.0.0.3', '10.0.0.4'],
    ['empty means the proxy itself asks', '10.0.0.1', '', '10.0.0.1'],
    ['stops at what is no address', '10.0.0.1', '203.0.113.9, unknown', '10.0.0.1'],
    ['stops at what is no address further left', '10.0.0.1', '203.0.113.9, evil"><x, 10.0.0.3', '10.0.0.3'],
    ['takes IPv4 in IPv6 clothes as IPv4', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['takes hexadecimal IPv4-mapped addresses too', '10.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
    ['has one spelling per IPv6 address', '10.0.0.1', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['loses its zone', '10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['may carry ports', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['may carry ports with IPv6', '10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['does not take octal or short spellings', '10.0.0.1', '010.1.1.1', '10.0.0.1'],
    ['comes from an IPv6 proxy', 'fd12::1', '203.0.113.9', '203.0.113.9'],
    ['comes from an IPv4 proxy on a dual-stack socket', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ];

  test.each(table)('%s', (_what, peer, forwarded, expected) => {
    expect(from(peer, { 'x-forwarded-for': forwarded })).toBe(expected);
  });

  test('is not read from look-alike headers', () => {
    const lookAlikes = { x_forwarded_for: '1.1.1.1', 'x-real-ip': '1.1.1.1', forwarded: 'for=1.1.1.1' };
    expect(from('10.0.0.1', lookAlikes)).toBe('10.0.0.1');
  });

  test('changes nothing when no proxy is trusted', () => {
    const nobody = createClientAddress([]);
    const req = { headers: { 'x-forwarded-for': '1.1.1.1' }, socket: { remoteAddress: '127.0.0.1' } };
    expect(nobody.of(req)).toBe('127.0.0.1');
    expect(nobody.trustsPeerOf(req)).toBe(false);
  });
});

test('a connection that is already gone has no address and no trust', () => {
  expect(from(undefined)).toBe('unknown');
  expect(proxies.trustsPeerOf({ headers: {}, socket: {} })).toBe(false);
});

test('the peer on a dual-stack socket is written as IPv4', () => {
  expect(from('::ffff:203.0.113.5')).toBe('203.0.113.5');
});

test('a proxy entry that is no address or CIDR block is an error', () => {
  for (const entry of ['proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', 'fd00::/129', '10.0.0', '']) {
    expect(() => createClientAddress([entry])).toThrow('not an address or a CIDR block');
  }
});

test('what is no address has no canonical form', () => {
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '1.2.3.4/24', ':::', 'g::1']) {
    expect(canonicalAddress(text)).toBeUndefined();
  }
});

describe('the network of an address', () => {
  const table: [string, string][] = [
    ['203.0.113.9', '203.0.113.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ];
  test.each(table)('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test('is the same for all of a /64 and differs beyond it', () => {
    expect(networkOf('2001:db8:1:2::1')).toBe(networkOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
  });
});
