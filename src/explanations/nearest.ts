// Which of several texts is most like the one that came.
import { editsBetween } from '../config/did-you-mean.ts';

/** As many as help; who has more registered finds them in the file. */
const MOST = 10;

/** Characters. A caller can send any number, and each is held against each candidate. */
const LONGEST = 500;

export const nearestFirst = (text: string, candidates: readonly string[]): readonly string[] =>
  candidates
    .map((candidate) => ({ candidate, edits: editsBetween(compared(text), compared(candidate)) }))
    .sort((left, right) => left.edits - right.edits)
    .slice(0, MOST)
    .map(({ candidate }) => candidate);

const compared = (text: string): string => text.slice(0, LONGEST).toLowerCase();
