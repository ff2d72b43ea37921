// A report as it is read.
import type { Report, Spread } from './drill.ts';

export function inWords({ chains, errors, latency, recoverySeconds, more, missed }: Report): string {
  const { before, during, after } = latency;
  const lines = [
    `chains   ${chains.tried} tried, ${chains.lost} lost, ${chains.doubled} doubled`,
    `errors   ${errors}`,
    `p50/p99  before ${spread(before)}, during ${spread(during)}, after ${spread(after)}`,
    `recovery ${recoverySeconds === undefined ? 'nothing to recover from' : `${recoverySeconds} s`}`,
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
    ...(missed.length === 0 ? ['PASS'] : missed.map((each) => `MISSED   ${each}`)),
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}

const spread = ({ p50, p99 }: Spread): string => (p50 === undefined ? 'none' : `${p50}/${p99} ms`);
