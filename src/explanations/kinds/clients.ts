// Clients that there is no file for.
import { sha256 } from '../../clients/client-secret.ts';
import { nearest } from '../../config/did-you-mean.ts';
import type { Diagnosis } from '../facts.ts';
import type { FailedRequest, Known } from '../failed-request.ts';
import { harmless, MASK } from '../harmless.ts';

export function clients({ detail, clientId }: FailedRequest, known: Known): Diagnosis | undefined {
  if (detail !== 'client not found') return undefined;
  const sent = clientId ?? '';
  // Nobody types a longer one by mistake, and comparing long texts takes long.
  const like = sent.length > 100 ? undefined : nearest(sent, known.clients.keys());
  const received = isSecret(sent, known) ? MASK : harmless(sent);
  return { case: 'client.unknown', received, expected: like === undefined ? [] : [like] };
}

/** The two fields of a form are exchanged sooner or later. */
function isSecret(text: string, { clients: registered }: Known): boolean {
  const hash = sha256(text);
  return [...registered.values()].some(({ secrets }) => secrets.some((secret) => secret.sha256.equals(hash)));
}
