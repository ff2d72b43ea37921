// Reads a request body that is neither too long nor too slow.
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../errors.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** @throws Refusal 413 when the body is longer, 408 when it is not there in time, 400 when the caller hangs up */
export function readBody(req: IncomingMessage, { maxBytes, timeoutMs }: BodyLimits): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => stop(tooSlow()), timeoutMs);
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) stop(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => stop();
    const onBroken = () => stop(brokenOff());
    const stop = (refusal?: Refusal) => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      // An abort may still raise an error event later.
      req.on('error', () => {});
      if (refusal === undefined) return resolve(Buffer.concat(chunks));
      req.resume();
      reject(refusal);
    };
    req.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}

const tooLarge = (): Refusal =>
  new Refusal({
    code: 'payload_too_large',
    status: 413,
    reason: 'form_too_long',
    message: 'What was sent is longer than this form allows.',
  });
const tooSlow = (): Refusal =>
  new Refusal({
    code: 'bad_request',
    status: 408,
    reason: 'form_too_slow',
    message: 'The form took too long to arrive. Please send it again.',
  });
const brokenOff = (): Refusal =>
  new Refusal({
    code: 'bad_request',
    status: 400,
    reason: 'form_broken_off',
    message: 'The connection broke off before the form was complete.',
  });
