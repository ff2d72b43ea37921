// Writes a small MaxMind database (format 2.0), as an operator's file: networks with what is known of them.
type Value = string | number | readonly Value[] | { readonly [name: string]: Value };

const RECORD_BITS = 24;
const TYPES = { text: 2, uint16: 5, uint32: 6, map: 7, array: 11 } as const;

/** By network: `192.0.2.0/24`, `2001:db8::/32`. */
export function mmdb(networks: Readonly<Record<string, Value>>): Buffer {
  const nodes: [number | Leaf | undefined, number | Leaf | undefined][] = [[undefined, undefined]];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [network, value] of Object.entries(networks)) {
    const encoded = encode(value);
    data.push(encoded);
    insert(nodes, bitsOf(network), { offset });
    offset += encoded.length;
  }
  const record = (entry: number | Leaf | undefined): number => {
    if (entry === undefined) return nodes.length;
    return typeof entry === 'number' ? entry : nodes.length + 16 + entry.offset;
  };
  const tree = Buffer.alloc((nodes.length * 2 * RECORD_BITS) / 8);
  for (const [index, [left, right]] of nodes.entries()) {
    tree.writeUIntBE(record(left), index * 6, 3);
    tree.writeUIntBE(record(right), index * 6 + 3, 3);
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test-City',
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['de', 'en'],
    node_count: nodes.length,
    record_size: RECORD_BITS,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

interface Leaf {
  readonly offset: number;
}

function insert(
  nodes: [number | Leaf | undefined, number | Leaf | undefined][],
  bits: readonly (0 | 1)[],
  leaf: Leaf,
): void {
  let at = 0;
  for (const bit of bits.slice(0, -1)) {
    const next = nodes[at]?.[bit];
    if (typeof next === 'number') at = next;
    else {
      nodes.push([undefined, undefined]);
      (nodes[at] as (number | Leaf | undefined)[])[bit] = nodes.length - 1;
      at = nodes.length - 1;
    }
  }
  (nodes[at] as (number | Leaf | undefined)[])[bits.at(-1) ?? 0] = leaf;
}

/** IPv4 networks stand at ::/96. */
function bitsOf(network: string): (0 | 1)[] {
  const [address = '', length = ''] = network.split('/');
  const isFour = address.includes('.');
  const groups = isFour ? fourGroups(address) : sixGroups(address);
  const bits = groups.flatMap((group) => [...group.toString(2).padStart(16, '0')].map((bit) => (bit === '1' ? 1 : 0)));
  return bits.slice(0, Number(length) + (isFour ? 96 : 0));
}

function fourGroups(address: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [0, 0, 0, 0, 0, 0, a * 256 + b, c * 256 + d];
}

function sixGroups(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const parts = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [parts(head), parts(tail)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(TYPES.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(TYPES.uint32, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(TYPES.array, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  return Buffer.concat([
    control(TYPES.map, entries.length),
    ...entries.flatMap(([name, each]) => [encode(name), encode(each)]),
  ]);
}

/** Sizes up to 284 are enough here. */
function control(type: number, size: number): Buffer {
  const [first, more] = size < 29 ? [size, []] : [29, [size - 29]];
  return type <= 7 ? Buffer.from([(type << 5) | first, ...more]) : Buffer.from([first, type - 7, ...more]);
}
