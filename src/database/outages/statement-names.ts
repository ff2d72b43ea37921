// Statements that come again are prepared: PostgreSQL reads and plans each once on each connection, which for most of ours
// takes longer than to carry them out.

/** The name under which this text is prepared; undefined for one that is to be read anew. */
export type NameOf = (text: string) => string | undefined;

/** Texts that are made to measure (a search with its filters) are not to fill the memory of either side. */
const MOST_NAMES = 400;
const MOST_SEEN = 5_000;
/** What it answers changes with the table, and PostgreSQL refuses a prepared one then: while a newer release migrates, too. */
const EVERY_COLUMN = /(?:\bselect|\breturning|,)\s+(?:[\w".]+\.)?\*/i;

/** Named from the second time on. The same for all connections of a pool. */
export function createStatementNames(): NameOf {
  /** `once`: it is decided when it comes again. */
  const names = new Map<string, { readonly name: string | undefined } | 'once'>();
  let named = 0;
  return (text) => {
    const known = names.get(text);
    if (known === undefined) {
      if (names.size < MOST_SEEN) names.set(text, 'once');
      return undefined;
    }
    if (known !== 'once') return known.name;
    const isNamed = named < MOST_NAMES && !EVERY_COLUMN.test(text);
    if (isNamed) named += 1;
    const name = isNamed ? `gatehouse_${named}` : undefined;
    names.set(text, { name });
    return name;
  };
}
