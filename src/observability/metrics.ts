// What is counted and measured for Prometheus, declared once. Labels are words of ours, never what somebody sent.
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { GAUGES, type GaugeName } from './gauges.ts';

export interface MeasuredRequest {
  readonly method: string;
  /** A pattern, never an address. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export type SetGauge = (name: GaugeName, value: number, labels?: Readonly<Record<string, string>>) => void;

type Look = (set: SetGauge) => Promise<void> | void;

/** The figures of one process, to be added to those of others. */
export type ProcessFigures = readonly { readonly type: unknown }[];

export interface Metrics {
  request(request: MeasuredRequest): void;
  signIn(outcome: string): void;
  tokensFor(grantType: string): void;
  /** To the database and back. */
  readonly roundTrip: (seconds: number) => void;
  readonly swept: (rows: Readonly<Record<string, number>>) => void;
  /** Asked before each reading. What throws leaves its figures out; what nobody sets has no value. */
  beforeReading(look: Look): void;
  /** Whoever asks while they are read gets the same. */
  read(): Promise<ProcessFigures>;
}

/** Seconds. From a cached document to a sign-in that has waited for its hash. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const ROUND_TRIP_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

export function createMetrics({ version }: { readonly version: string }): Metrics {
  const registers = [new Registry()];
  const [register] = registers as [Registry];
  collectDefaultMetrics({ register });
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: `gatehouse_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: readonly string[] = []) =>
    new Histogram({ name: `gatehouse_${name}`, help, buckets, labelNames, registers });

  const requests = counter('http_requests_total', 'Requests answered.', ['method', 'route', 'status']);
  const latency = histogram('http_request_seconds', 'From a request to its answer.', REQUEST_BUCKETS, ['route']);
  const signIns = counter('sign_ins_total', 'Steps of sign-ins by what came of them.', ['outcome']);
  const tokens = counter('token_answers_total', 'Token requests that were granted.', ['grant_type']);
  const roundTrips = histogram('database_round_trip_seconds', 'Statements, with the way there.', ROUND_TRIP_BUCKETS);
  const sweptRows = counter('sweep_rows_total', 'Expired rows deleted by this process.', ['kind']);
  const gauges = new Map(
    Object.entries(GAUGES).map(([name, { help, labels, aggregator }]) => [
      name,
      new Gauge({ name: `gatehouse_${name}`, help, labelNames: labels, aggregator, registers }),
    ]),
  );
  const looks: Look[] = [(tell) => tell('info', 1, { version })];
  const readNow = async (): Promise<ProcessFigures> => {
    const seen = (await Promise.all(looks.map(seenBy))).flat();
    // What is no longer so (a configuration of before, an algorithm without a key) is not told again.
    for (const gauge of gauges.values()) clear(gauge);
    for (const [name, value, labels = {}] of seen) gauges.get(name)?.set({ ...labels }, value);
    return register.getMetricsAsJSON();
  };
  let underWay: Promise<ProcessFigures> | undefined;
  return {
    request({ method, route, status, seconds }) {
      requests.inc({ method, route, status: `${Math.floor(status / 100)}xx` });
      latency.observe({ route }, seconds);
    },
    signIn: (outcome) => signIns.inc({ outcome }),
    tokensFor: (grantType) => tokens.inc({ grant_type: grantType }),
    roundTrip: (seconds) => roundTrips.observe(seconds),
    swept(rows) {
      for (const [kind, count] of Object.entries(rows)) sweptRows.inc({ kind }, count);
    },
    beforeReading: (look) => void looks.push(look),
    read() {
      underWay ??= readNow().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

/** All that a look sets, or nothing where it throws. */
async function seenBy(look: Look): Promise<readonly Parameters<SetGauge>[]> {
  const seen: Parameters<SetGauge>[] = [];
  try {
    await look((...figure) => void seen.push(figure));
    return seen;
  } catch {
    return [];
  }
}

/** A gauge without labels would say 0 after a reset alone. */
function clear(gauge: Gauge): void {
  gauge.reset();
  gauge.remove({});
}

/** The text format of Prometheus, of all processes added up. */
export async function exposition(processes: readonly ProcessFigures[]): Promise<string> {
  return aggregated(processes).metrics();
}

/** What several have measured as if it were one. */
export const sumOf = (processes: readonly ProcessFigures[]): ProcessFigures =>
  aggregated(processes).getMetricsAsArray();

const aggregated = (processes: readonly ProcessFigures[]) => AggregatorRegistry.aggregate(processes as object[][]);

export const EXPOSITION_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;
