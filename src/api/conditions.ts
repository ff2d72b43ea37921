// ETag, If-Match and If-None-Match (RFC 9110 sections 8.8.3 and 13.1): nobody overwrites what they have not seen.
import { createHash } from 'node:crypto';
import { ApiProblem } from './problem.ts';

/** As sent; empty without the header. */
export interface Condition {
  readonly ifMatch: string;
  readonly ifNoneMatch: string;
}

/** Strong: another one as soon as a byte of the body is. */
export const etagOf = (body: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 27)}"`;

/**
 * For what is about to be changed. Whoever calls it hands the version of the same `body` on to the verb, which compares it
 * once more, in the transaction of the change.
 * @throws ApiProblem 412
 */
export function requireMatch({ ifMatch }: Condition, body: unknown): void {
  if (ifMatch === '' || isAmong(ifMatch, etagOf(body))) return;
  throw changedMeanwhile();
}

export const changedMeanwhile = (): ApiProblem =>
  new ApiProblem({
    status: 412,
    code: 'changed_meanwhile',
    detail: 'It is not as it was when it was read. Read it again, and decide anew.',
  });

/** For what has been read before, and is still as it was. */
export const isUnchanged = ({ ifNoneMatch }: Condition, etag: string): boolean =>
  ifNoneMatch !== '' && isAmong(ifNoneMatch.replaceAll('W/"', '"'), etag);

/** A weak tag (W/"…") matches nothing: two bodies may share it. */
function isAmong(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  return list
    .split(',')
    .map((each) => each.trim())
    .includes(etag);
}
