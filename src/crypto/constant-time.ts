// Compares secrets without leaking where they differ.
import { timingSafeEqual } from 'node:crypto';

/** False for different lengths; otherwise the time does not depend on the contents. */
export function equalInConstantTime(left: string | Buffer, right: string | Buffer): boolean {
  const a = Buffer.from(left as string);
  const b = Buffer.from(right as string);
  return a.length === b.length && timingSafeEqual(a, b);
}
