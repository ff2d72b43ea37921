// `npm run drill`: fault drills in their full form, one after the other, with what they measured.
// `npm run drill -- R01 R17` runs these alone, `--short` their short form. Ends with 1 where a figure was missed.
import { parseArgs } from 'node:util';
import { DRILLS } from './all.ts';
import { removeSharedCluster } from './cluster.ts';
import type { Drill, Report } from './drill.ts';
import { keepResults } from './results.ts';
import { inWords } from './words.ts';

const { values, positionals } = parseArgs({ options: { short: { type: 'boolean' } }, allowPositionals: true });
const short = values.short === true;
const unknown = positionals.filter((each) => !DRILLS.some(({ id }) => id === each));
if (unknown.length > 0) throw new Error(`no drill ${unknown.join(', ')}; there are ${DRILLS.map(({ id }) => id)}`);
const named = positionals.flatMap((each) => DRILLS.filter(({ id }) => id === each));
const chosen = positionals.length === 0 ? DRILLS : named;

/** One that breaks off has missed whatever it was to show. */
async function reportOf(drill: Drill): Promise<Report | string> {
  try {
    return await drill.run({ short, say: (line) => console.log(`  ${drill.id}: ${line}`) });
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

let failed = 0;
for (const drill of chosen) {
  console.log(`\n${drill.id} ${drill.title}`);
  const startedAt = performance.now();
  const report = await reportOf(drill);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (typeof report === 'string') console.log(`  BROKE OFF after ${seconds} s: ${report}`);
  else console.log(`${inWords(report)}\n  (${seconds} s)`);
  if (typeof report === 'string' || report.missed.length > 0) failed += 1;
  keepResults({
    id: drill.id,
    title: drill.title,
    seconds,
    short,
    ...(typeof report === 'string' ? { brokeOff: report } : report),
  });
}
console.log(`\n${chosen.length - failed} of ${chosen.length} drills passed`);
removeSharedCluster();
process.exit(failed > 0 ? 1 : 0);
