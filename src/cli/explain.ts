// gatehouse explain: what went wrong with a request, by the reference that its error carries.
import { missingSince } from '../clients/live/known-clients.ts';
import type { LoadedClients } from '../clients/load-clients.ts';
import { parseReference } from '../crypto/reference.ts';
import type { Comparison, Piece } from '../explanations/comparison.ts';
import { findReference, type KeptReference } from '../explanations/error-references.ts';
import { type Explanation, explain } from '../explanations/explanation.ts';
import type { Facts } from '../explanations/facts.ts';
import { isKnownCase, type Said, sayInEnglish } from '../provider/failures/say-explanation.ts';
import { readClientFiles } from './client/read-files.ts';
import { commandConfig } from './configuration.ts';
import { CommandFailed } from './failure.ts';
import { details, neutral, quoted } from './output.ts';
import type { Answer, Invocation } from './terminal.ts';
import { withDatabase } from './with-database.ts';

/** @throws CommandFailed `usage` for what cannot be a reference, `not_found` for one that nothing is kept under */
export async function explainReference(
  invocation: Invocation,
  { reference: typed }: { reference: string },
): Promise<Answer> {
  const reference = parseReference(typed);
  if (reference === undefined) {
    throw new CommandFailed('usage', `${quoted(typed)} is not a reference. They look like this: K7QF2-M9XTB`);
  }
  const { kept, gone } = await withDatabase(commandConfig(invocation), async (deps) => {
    const found = await findReference(deps, reference);
    if (found === undefined) throw new CommandFailed('not_found', NOT_KEPT(reference));
    return { kept: found, gone: await missingSince(deps, subjectOf(found)) };
  });
  const { loaded } = readClientFiles(invocation);
  const facts = factsOf(kept);
  const explanation = explain(facts, { clientId: kept.clientId, clients: loaded.clients });
  const said = sayInEnglish(explanation);
  const broken = brokenFileOf(subjectOf(kept), loaded);
  const removed = explanation.since.is === 'same' && facts.case === 'client.unknown' ? goneText(gone) : undefined;
  const now = broken ?? removed ?? said.since;
  return {
    result: resultOf(kept, facts, explanation, { ...said, since: now }),
    text: textOf(kept, facts, explanation, { ...said, since: now }),
  };
}

const NOT_KEPT = (reference: string): string =>
  `Nothing is kept under ${reference}. References are kept for a week, and of many errors at once only the first: the log has them all, by "reference".`;

function factsOf({ details: kept }: KeptReference): Facts {
  const facts = kept as Facts;
  return isKnownCase(facts.case) ? facts : { ...facts, case: 'other' };
}

/** The client it is about, known or not. */
const subjectOf = (kept: KeptReference): string => kept.clientId ?? factsOf(kept).received ?? '';

const goneText = (since: Date | undefined): string | undefined =>
  since === undefined
    ? undefined
    : `there was a file for it, which has been missing since ${since.toISOString().slice(0, 16)}Z`;

/** A client whose file has problems right now is none, and that explains a lot. */
function brokenFileOf(clientId: string, { files }: LoadedClients): string | undefined {
  const broken = files.find(({ client, stated }) => client === undefined && stated?.clientId === clientId);
  return broken === undefined ? undefined : `${broken.file} has problems right now: gatehouse client validate`;
}

/** Names as on the wire; stable, while the sentences may change. */
const resultOf = (kept: KeptReference, facts: Facts, explanation: Explanation, said: Said) => ({
  reference: kept.reference,
  case: facts.case,
  at: kept.createdAt,
  client_id: kept.clientId,
  request_id: kept.requestId,
  endpoint: facts.endpoint,
  error: facts.error,
  error_description: facts.description,
  error_detail: facts.detail,
  wrong: said.wrong,
  received: explanation.received,
  expected: explanation.expected,
  differences: explanation.comparison?.differences ?? [],
  file: explanation.place?.file,
  line: explanation.place?.line,
  key: explanation.place?.key,
  fix: said.fix,
  yaml: explanation.yaml,
  since: said.since,
});

function textOf(kept: KeptReference, facts: Facts, explanation: Explanation, said: Said): string {
  const { place, yaml, comparison } = explanation;
  const key = place?.key === undefined ? '' : ` (${place.key})`;
  const parts = [
    `${kept.reference}: ${neutral(said.wrong)}`,
    comparison === undefined ? valuesText(explanation) : comparisonText(comparison, explanation.expected.slice(1)),
    said.differences.join('\n'),
    details([
      ...(place === undefined ? [] : [['file', `${place.file}:${place.line}${key}`] as const]),
      ...(said.since === undefined ? [] : [['now', said.since] as const]),
      ['client', kept.clientId],
      ['endpoint', facts.endpoint],
      ['error', [facts.error, facts.description, facts.detail].filter((each) => each !== undefined).join(' · ')],
      ['when', kept.createdAt],
      ['request', kept.requestId],
    ]),
    `What to do: ${neutral(said.fix)}${yaml === undefined ? '' : `\n\n${indented(yaml)}`}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function valuesText({ received, expected }: Explanation): string {
  const lines = [
    ...(received === undefined ? [] : [['received', received] as const]),
    ...expected.map((value, index) => [index === 0 ? 'expected' : '', value] as const),
  ];
  return lines.length === 0 ? '' : details(lines);
}

/** Each line with marks below the characters that the other one does not have there. */
const comparisonText = (comparison: Comparison, others: readonly string[]): string =>
  [
    ...marked('received', comparison.received),
    ...marked('expected', comparison.expected),
    ...others.map((other) => `or        ${neutral(other)}`),
  ].join('\n');

function marked(name: string, pieces: readonly Piece[]): readonly string[] {
  const shown = pieces.map(({ text, differs }) => ({ text: neutral(text), differs }));
  const line = `${name}  ${shown.map(({ text }) => text).join('')}`;
  const marks = shown.map(({ text, differs }) => (differs ? '^' : ' ').repeat([...text].length)).join('');
  return marks.trim() === '' ? [line] : [line, `${' '.repeat(name.length + 2)}${marks.trimEnd()}`];
}

const indented = (yaml: string): string =>
  yaml
    .split('\n')
    .map((line) => `  ${neutral(line)}`)
    .join('\n');
