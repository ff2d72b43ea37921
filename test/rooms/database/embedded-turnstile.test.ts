// Who of PGlite's clients is next, and what happens to a transaction nobody ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Client, createTurnstile } from '../../../src/database/embedded-turnstile.ts';
import { readStartup, readTurn, startupPacket } from '../../../src/database/wire-protocol.ts';

/** An engine that knows begin and end, and writes down what it is asked in which order. */
function makeEngine() {
  const log: string[] = [];
  let inTransaction = false;
  return {
    log,
    isInTransaction: () => inTransaction,
    async run(bytes: Uint8Array) {
      await sleep(1);
      const text = Buffer.from(bytes).toString('latin1');
      if (text === 'begin') inTransaction = true;
      if (text === 'end' || text.includes('rollback')) inTransaction = false;
      log.push(text.includes('rollback') ? 'rollback' : text);
    },
  };
}

function makeClient(): Client & { dismissals: string[] } {
  const dismissals: string[] = [];
  return { dismissals, answer: () => undefined, dismiss: (code) => dismissals.push(code) };
}

const whole = (text: string) => ({ bytes: new Uint8Array(Buffer.from(text)), kind: 'whole' as const });
const part = (text: string) => ({ bytes: new Uint8Array(Buffer.from(text)), kind: 'part' as const });

describe('the turnstile', () => {
  test('serves clients in the order they come', async () => {
    const engine = makeEngine();
    const turnstile = createTurnstile(engine);
    for (const text of ['a', 'b', 'c']) turnstile.enter(makeClient(), whole(text));
    await turnstile.settled();
    expect(engine.log).toEqual(['a', 'b', 'c']);
  });

  test('lets nobody between the statements of a transaction', async () => {
    const engine = makeEngine();
    const turnstile = createTurnstile(engine);
    const [anna, bert] = [makeClient(), makeClient()];
    turnstile.enter(anna, whole('begin'));
    turnstile.enter(bert, whole('bert'));
    await turnstile.settled();
    turnstile.enter(anna, whole('anna'));
    turnstile.enter(anna, whole('end'));
    await turnstile.settled();
    expect(engine.log).toEqual(['begin', 'anna', 'end', 'bert']);
  });

  test('lets nobody between the parts of an extended query', async () => {
    const engine = makeEngine();
    const turnstile = createTurnstile(engine);
    const [anna, bert] = [makeClient(), makeClient()];
    turnstile.enter(anna, part('describe'));
    turnstile.enter(bert, whole('bert'));
    await turnstile.settled();
    turnstile.enter(anna, whole('execute'));
    await turnstile.settled();
    expect(engine.log).toEqual(['describe', 'execute', 'bert']);
  });

  test('rolls back for a client that leaves while its begin is still running', async () => {
    const engine = makeEngine();
    const turnstile = createTurnstile(engine);
    const [anna, bert] = [makeClient(), makeClient()];
    turnstile.enter(anna, whole('begin'));
    turnstile.enter(anna, whole('never'));
    turnstile.enter(bert, whole('bert'));
    turnstile.leave(anna);
    await turnstile.settled();
    expect(engine.log).toEqual(['begin', 'rollback', 'bert']);
  });

  test('forgets what a waiting client wanted when it leaves', async () => {
    const engine = makeEngine();
    const turnstile = createTurnstile(engine);
    const [anna, bert] = [makeClient(), makeClient()];
    turnstile.enter(anna, whole('anna'));
    turnstile.enter(bert, whole('bert'));
    turnstile.leave(bert);
    await turnstile.settled();
    expect(engine.log).toEqual(['anna']);
  });

  test('dismisses a client that holds a transaction and says nothing', async () => {
    const engine = makeEngine();
    const turnstile = createTurnstile(engine, 0.05);
    const [anna, bert] = [makeClient(), makeClient()];
    turnstile.enter(anna, whole('begin'));
    await sleep(30);
    turnstile.enter(anna, whole('still busy'));
    await sleep(30);
    expect(anna.dismissals).toEqual([]);
    await sleep(60);
    expect(anna.dismissals).toEqual(['25P03']);
    turnstile.leave(anna);
    turnstile.enter(bert, whole('bert'));
    await turnstile.settled();
    expect(engine.log).toEqual(['begin', 'still busy', 'rollback', 'bert']);
  });
});

describe('the wire protocol', () => {
  const message = (type: string, body: string) => {
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(4 + body.length, 1);
    return Buffer.concat([head, Buffer.from(body)]);
  };

  test('a turn is read whole, however its bytes arrive', () => {
    const extended = Buffer.concat(['P', 'B', 'D', 'E', 'S'].map((type) => message(type, `${type} body`)));
    const stream = Buffer.concat([extended, message('Q', 'select 1')]);
    for (let length = 0; length < extended.length; length += 1) {
      expect(readTurn(stream.subarray(0, length))).toBeUndefined();
    }
    expect(readTurn(stream)).toEqual({ bytes: new Uint8Array(extended), kind: 'whole' });
  });

  test('a flush ends a part, and a terminate says goodbye', () => {
    expect(readTurn(Buffer.concat([message('P', 'x'), message('H', '')]))?.kind).toBe('part');
    expect(readTurn(message('X', ''))?.kind).toBe('goodbye');
  });

  test('requests for encryption and for cancelling are told from a startup', () => {
    const request = (code: number) => Buffer.from(new Int32Array([8, code]).buffer).swap32();
    expect(readStartup(request(80_877_103))?.kind).toBe('encryption');
    expect(readStartup(request(80_877_104))?.kind).toBe('encryption');
    expect(readStartup(Buffer.concat([request(80_877_102)]))?.kind).toBe('cancel');
    expect(readStartup(startupPacket('postgres'))?.kind).toBe('startup');
    expect(readStartup(startupPacket('postgres').subarray(0, 12))).toBeUndefined();
  });
});
