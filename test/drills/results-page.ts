// The table of docs/drills.md: the last full run of each drill, as bench/results/drills.json has it.
import type { Latency, Report } from './drill.ts';

export interface KeptRun extends Partial<Report> {
  readonly id: string;
  readonly title: string;
  /** What all of it took. */
  readonly seconds: number;
  /** Why there is no report. */
  readonly brokeOff?: string | undefined;
  readonly date: string;
  readonly commit: string;
}

const BEGIN = '<!-- measured: written by npm run drill -->';
const END = '<!-- /measured -->';

/** @throws Error where the page has no place for it */
export function pageWithRuns(page: string, runs: readonly KeptRun[]): string {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`docs/drills.md has no place for the table (${BEGIN})`);
  return `${page.slice(0, before)}${BEGIN}\n${[...HEAD, ...runs.map(rowOf)].join('\n')}\n${page.slice(after)}`;
}

const HEAD = [
  '| drill | chains: tried, lost, doubled | sign in again | errors | before | during | after | recovery | missed | run |',
  '|---|---|---|---|---|---|---|---|---|---|',
];

function rowOf({
  id,
  title,
  chains,
  errors,
  latency,
  more,
  missed,
  recoverySeconds,
  brokeOff,
  date,
  commit,
}: KeptRun): string {
  const run = `${date}, \`${commit}\``;
  if (brokeOff !== undefined) return `| ${id} ${title} |  |  |  |  |  |  |  | broke off | ${run} |`;
  const share = more?.['errors, %'];
  const cells = [
    `${id} ${title}`,
    chains === undefined ? '' : `${chains.tried}, ${chains.lost}, ${chains.doubled}`,
    String(more?.['public clients that have to sign in again'] ?? '').replace(' refreshes under way', ''),
    share === undefined ? `${errors ?? ''}` : `${share} %`,
    spread(latency?.before),
    spread(latency?.during),
    spread(latency?.after),
    recoverySeconds === undefined ? '' : `${recoverySeconds.toFixed(1)} s`,
    missed?.join('; ') || 'nothing',
    run,
  ];
  return `| ${cells.join(' | ')} |`;
}

const spread = (found: Latency['before'] | undefined): string =>
  found?.p50 === undefined ? '' : `${found.p50}/${found.p99}`;
