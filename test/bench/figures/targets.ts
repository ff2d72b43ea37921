// What is to be reached on a machine of two cores that server, PostgreSQL and load share.
import type { Result } from './result.ts';

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly reached: string;
  readonly held: boolean;
}

export function targetsOf(result: Omit<Result, 'targets'>): readonly Target[] {
  const { server, bare, twoWorkers, yardsticks, coldStart, many } = result;
  const of = (name: string) => server.operations.find((each) => each.name === name);
  const rate = (name: string) => of(name)?.perSecond ?? 0;
  const bareCredentials = bare.find(({ name }) => name === 'client credentials')?.perSecond ?? Number.NaN;
  const credentials = rate('client credentials');
  const first = of('sign-in, first, with consent');
  const signInCpu = (first?.serverCpu ?? Number.NaN) - yardsticks.argon2CpuMilliseconds;
  const statements = (name: string) => of(name)?.counted?.statements ?? Number.NaN;
  const slower = many === undefined ? undefined : slowestRatio(result);
  return [
    atLeast('client credentials, of the bare engine', credentials / bareCredentials, 0.85),
    atLeast('client credentials, two workers to one process', (twoWorkers?.perSecond ?? Number.NaN) / credentials, 1.6),
    atLeast('refresh with rotation, per second', rate('refresh with rotation'), 400),
    atLeast('introspection, per second', rate('introspection'), 1000),
    atLeast('discovery, per second', rate('discovery'), 5000),
    atMost('first sign-in, CPU besides one password hash, ms', signInCpu, 16),
    atMost('statements, first sign-in with consent to tokens', statements('sign-in, first, with consent'), 30),
    atMost('statements, repeated sign-in to tokens', statements('sign-in, repeated'), 12),
    atMost('statements, refresh', statements('refresh with rotation'), 6),
    atMost('resident at rest, MB', server.idleMegabytes, 150),
    atMost('resident under load, MB', server.loadedMegabytes, 250),
    atMost('start to ready on PostgreSQL, s', coldStart.postgres, 1.5),
    ...(slower === undefined
      ? []
      : [
          atMost(
            `p50 with ${many?.accounts} accounts and ${many?.artefacts} artefacts to empty, worst of all`,
            slower,
            1.1,
          ),
        ]),
  ];
}

/** Of medians; the largest. */
function slowestRatio({ server, many }: Pick<Result, 'server' | 'many'>): number {
  const ratios = server.operations.map(({ name, p50 }) => {
    const same = many?.operations.find((each) => each.name === name);
    return (same?.p50 ?? Number.NaN) / p50;
  });
  return Math.max(...ratios);
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

const atLeast = (what: string, reached: number, wanted: number): Target => ({
  what,
  wanted: `≥ ${wanted}`,
  reached: shown(reached),
  held: reached >= wanted,
});

const atMost = (what: string, reached: number, wanted: number): Target => ({
  what,
  wanted: `≤ ${wanted}`,
  reached: shown(reached),
  held: reached <= wanted,
});
