// bench/results/drills.json and docs/drills.md: the last run of each drill, with the machine and the commit it ran on.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { ROOT } from '../architecture/sources.ts';
import { type KeptRun, pageWithRuns } from './results-page.ts';

const FILE = path.join(ROOT, 'bench/results/drills.json');
const PAGE = path.join(ROOT, 'docs/drills.md');

type Result = Omit<KeptRun, 'date' | 'commit'>;

/** In the place of what the drill had there before. Short forms prove less: they are not kept. */
export function keepResults({ short, ...result }: Result & { readonly short: boolean }): void {
  if (short) return;
  const kept: { drills: KeptRun[] } = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : { drills: [] };
  const others = kept.drills.filter(({ id }) => id !== result.id);
  const drills = [...others, { ...result, ...here() }].sort((a, b) => a.id.localeCompare(b.id));
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify({ measured: 'drills', drills }, undefined, 2)}\n`);
  writeFileSync(PAGE, pageWithRuns(readFileSync(PAGE, 'utf8'), drills));
}

const here = () => ({
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
  machine: { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version, load: loadavg()[0] },
});
