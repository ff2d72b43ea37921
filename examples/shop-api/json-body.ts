// Reads the JSON body of a request, within bounds.
import type { IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 4 * 1024;

export type ReadBody =
  | { readonly outcome: 'json'; readonly body: unknown }
  | { readonly outcome: 'not_json' | 'too_large' | 'other_type' };

export async function readJson(request: IncomingMessage): Promise<ReadBody> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') return { outcome: 'other_type' };
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The stream stays open when it is too much: destroying it would cut the connection before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return { outcome: 'too_large' };
    chunks.push(chunk);
  }
  try {
    return { outcome: 'json', body: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { outcome: 'not_json' };
  }
}
