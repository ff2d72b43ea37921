// References on answers to programs, and what they will be explained from, written when the answer is made.
import type Koa from 'koa';
import type { Recorder } from '../../explanations/recorder.ts';
import { networkOf } from '../../http/client-address.ts';
import { referenceOf, withReference } from '../../http/reference.ts';
import '../../http/state.ts';

/**
 * Stands outside of everything that answers errors, and of the token transaction: what is rolled back leaves its
 * explanation all the same. Nobody waits for it.
 */
export const keepReferences =
  (recorder: Recorder): Koa.Middleware =>
  async (ctx, next) => {
    await next();
    const { reference, failure, requestId, clientAddress } = ctx.state;
    if (reference === undefined || failure === undefined) return;
    const { kind, clientId, details } = failure;
    recorder.record({ reference, kind, clientId, requestId, details }, networkOf(clientAddress ?? 'unknown'));
  };

/** Around the engine: the JSON of its errors, and what WWW-Authenticate says of them (RFC 6750 section 3, RFC 9449 section 7.1). */
export const referToErrors: Koa.Middleware = async (ctx, next) => {
  await next();
  if (ctx.status < 400 || !isError(ctx.body)) return;
  const reference = referenceOf(ctx);
  // A server error of our own making has no other facts, and one in place of the engine's answer has other ones.
  if (ctx.status >= 500 && ctx.state.refusal === undefined)
    ctx.state.failure = { kind: 'defect', details: { case: 'defect', endpoint: ctx.path } };
  ctx.body.error_description = withReference(ctx.body.error_description, reference);
  const challenges = ctx.res.getHeader('WWW-Authenticate');
  if (challenges === undefined) return;
  const named = [challenges].flat().map((each) => referring(String(each), reference));
  ctx.set('WWW-Authenticate', named);
};

interface ErrorAnswer {
  readonly error: string;
  error_description?: string;
}

const isError = (body: unknown): body is ErrorAnswer =>
  typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string';

/** A challenge without an error (the caller sent no token at all) stays without: RFC 6750 section 3.1. */
function referring(challenge: string, reference: string): string {
  const described = /(\berror_description=")((?:[^"\\]|\\.)*)"/;
  if (described.test(challenge)) {
    return challenge.replace(described, (_, name: string, said: string) => `${name}${withReference(said, reference)}"`);
  }
  return challenge.replace(
    /\berror="[^"]*"/,
    (error) => `${error}, error_description="${withReference('', reference)}"`,
  );
}
