// The order that names are listed in.
/** The same order on every machine and every database. */
export const byCodePoint = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
