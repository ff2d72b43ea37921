// Reads the text format of Prometheus (exposition format 0.0.4) as strictly as it is described: what it does not know, it throws at.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** By metric: counter, gauge, histogram, summary. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The sum of what has this name and at least these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"/g;

export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (line === '') continue;
    if (kind === 'HELP') {
      if (helped.has(name)) throw new Error(`two helps of ${name}`);
      helped.add(name);
    } else if (kind === 'TYPE') {
      if (types.has(name) || !/^(counter|gauge|histogram|summary)$/.test(rest)) throw new Error(`type: ${line}`);
      types.set(name, rest);
    } else {
      samples.push(sampleOf(line, { types, seen }));
    }
  }
  const sum = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples
      .filter(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      )
      .reduce((total, { value }) => total + value, 0);
  return { types, samples, sum };
}

function sampleOf(line: string, { types, seen }: { types: ReadonlyMap<string, string>; seen: Set<string> }): Sample {
  const [, name = '', labels = '', number = ''] = SAMPLE.exec(line) ?? [];
  const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
  if (!types.has(family)) throw new Error(`no sample: ${line}`);
  const series = `${name}{${labels}}`;
  if (seen.has(series)) throw new Error(`twice: ${series}`);
  seen.add(series);
  const value =
    number === '+Inf' ? Number.POSITIVE_INFINITY : number === 'Nan' || number === 'NaN' ? Number.NaN : Number(number);
  if (number !== 'NaN' && number !== 'Nan' && Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, text]) => [key, text])), value };
}
