// The little of PostgreSQL's wire protocol (version 3, "Message Formats") that is needed to pass messages on in whole turns.

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
/** Ours: the embedded database is asked for a dump of itself (backups/). PostgreSQL knows no such code. */
export const DUMP_REQUEST = 80_877_124;

export interface Startup {
  readonly kind: 'encryption' | 'cancel' | 'dump' | 'startup';
  readonly length: number;
}

/** The packet a connection begins with, which has no type byte; undefined while it is incomplete. */
export function readStartup(buffer: Buffer): Startup | undefined {
  if (buffer.length < 8) return undefined;
  const length = buffer.readInt32BE(0);
  if (buffer.length < length) return undefined;
  const code = buffer.readInt32BE(4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption', length };
  if (code === DUMP_REQUEST) return { kind: 'dump', length };
  return { kind: code === CANCEL_REQUEST ? 'cancel' : 'startup', length };
}

export interface Turn {
  readonly bytes: Uint8Array;
  /** `part` ends in a Flush: the client reads an answer and then goes on, and nobody may come between. */
  readonly kind: 'whole' | 'part' | 'goodbye';
}

const KIND_BY_LAST_MESSAGE: Readonly<Record<string, Turn['kind']>> = {
  S: 'whole',
  Q: 'whole',
  F: 'whole',
  H: 'part',
  X: 'goodbye',
};

/** The messages up to the first that asks for an answer; undefined while they are incomplete. */
export function readTurn(buffer: Buffer): Turn | undefined {
  let end = 0;
  while (end + 5 <= buffer.length) {
    const kind = KIND_BY_LAST_MESSAGE[String.fromCharCode(buffer.readUInt8(end))];
    end += 1 + buffer.readInt32BE(end + 1);
    if (end > buffer.length) return undefined;
    if (kind !== undefined) return { bytes: new Uint8Array(buffer.subarray(0, end)), kind };
  }
  return undefined;
}

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const text = (value: string): Buffer => Buffer.from(`${value}\0`);

export const startupPacket = (user: string): Buffer => {
  const body = Buffer.concat([text('user'), text(user), text('database'), text(user), Buffer.of(0)]);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, body]);
};

/** Ends a half-finished extended query, then whatever transaction is open. */
export const abandonment = (): Uint8Array =>
  new Uint8Array(Buffer.concat([message('S', Buffer.of()), message('Q', text('rollback'))]));

/** Tells a client why its connection ends. */
export const fatalError = (code: string, reason: string): Buffer =>
  message('E', Buffer.concat([text('SFATAL'), text('VFATAL'), text(`C${code}`), text(`M${reason}`), Buffer.of(0)]));
