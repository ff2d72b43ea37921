// Clients that there is no file for.
import { nearest } from '../../config/did-you-mean.ts';
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmless } from '../harmless.ts';

export function clients({ detail, clientId }: FailedRequest, known: Known): Diagnosis | undefined {
  if (detail !== 'client not found') return undefined;
  const sent = clientId ?? '';
  // Nobody types a longer one by mistake, and comparing long texts takes long.
  const like = sent.length > 100 ? undefined : nearest(sent, known.clients.keys());
  return { case: 'client.unknown', received: harmless(sent), expected: like === undefined ? [] : [like] };
}
