// Operations per second as a picture, on a scale by tens: from a few sign-ins to thousands of documents.
import type { Figures } from './measured.ts';

interface Bar {
  readonly name: string;
  readonly perSecond: number;
  readonly isYardstick: boolean;
}

const ROW = 34;
const LEFT = 250;
const WIDTH = 820;
const TOP = 46;

export function chartOf(operations: readonly Figures[], bare: readonly Figures[]): string {
  const bars: readonly Bar[] = [
    ...operations.map(({ name, perSecond }) => ({ name, perSecond, isYardstick: false })),
    ...bare.map(({ name, perSecond }) => ({ name: `bare engine: ${name}`, perSecond, isYardstick: true })),
  ];
  const most = 10 ** Math.ceil(Math.log10(Math.max(...bars.map(({ perSecond }) => perSecond))));
  const at = (perSecond: number): number =>
    (Math.log10(Math.max(1, perSecond)) / Math.log10(most)) * (WIDTH - LEFT - 70);
  const height = TOP + bars.length * ROW + 16;
  const lines = Array.from({ length: Math.log10(most) + 1 }, (_, power) => 10 ** power);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Operations per second">`,
    '<style>',
    'text { font: 14px system-ui, sans-serif; fill: #37352f } .ground { fill: #fff } .line { stroke: #e3e0d9 } .small { font-size: 12px; fill: #6b675f }',
    '.ours { fill: #1c5b4c } .theirs { fill: #b9b4a8 }',
    '@media (prefers-color-scheme: dark) { text { fill: #e8e6e1 } .ground { fill: #1f1d1a } .line { stroke: #3a3732 } .small { fill: #a8a399 } .ours { fill: #6fbfa8 } .theirs { fill: #6b675f } }',
    '</style>',
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>`,
    ...lines.map((value) => {
      const x = (LEFT + at(value)).toFixed(1);
      return `<line class="line" x1="${x}" x2="${x}" y1="${TOP - 10}" y2="${height - 12}"/><text class="small" x="${x}" y="${TOP - 18}" text-anchor="middle">${value.toLocaleString('en')}/s</text>`;
    }),
    ...bars.map(({ name, perSecond, isYardstick }, row) => {
      const y = TOP + row * ROW;
      const width = Math.max(2, at(perSecond)).toFixed(1);
      const value = perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en');
      return [
        `<text x="${LEFT - 12}" y="${y + 19}" text-anchor="end">${name}</text>`,
        `<rect class="${isYardstick ? 'theirs' : 'ours'}" x="${LEFT}" y="${y + 4}" width="${width}" height="${ROW - 12}" rx="3"/>`,
        `<text x="${(LEFT + Number(width) + 8).toFixed(1)}" y="${y + 19}">${value}</text>`,
      ].join('');
    }),
    '</svg>',
    '',
  ].join('\n');
}
