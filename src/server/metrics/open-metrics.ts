// Measures only where somebody is to read it: without a port and a token, nothing is counted, and the library not loaded.
import type { Config } from '../../config/config.ts';
import type { Metrics, ProcessFigures } from '../../observability/metrics.ts';
import { VERSION } from '../../package.ts';
import { answerPrimary, askPrimary } from '../workers/figures-channel.ts';
import type { SumOf } from '../workers/kept-figures.ts';
import { type Expose, serveMetrics } from './endpoint.ts';

export interface Measuring {
  readonly metrics: Metrics;
  readonly expose: Expose;
  /** Opens the port, where this process has it. @throws what listening throws */
  open(): Promise<() => Promise<void>>;
}

/** A worker tells its primary, which adds all of them up, and has the port. */
export async function measuringIfAsked(
  { metrics: asked }: Config,
  { isWorker }: { isWorker: boolean },
): Promise<Measuring | undefined> {
  if (asked.port === undefined && asked.token === undefined) return undefined;
  const { createMetrics, EXPOSITION_TYPE, exposition } = await import('../../observability/metrics.ts');
  const metrics = createMetrics({ version: VERSION });
  if (isWorker) {
    answerPrimary(metrics.read);
    const expose = async () => ({ type: EXPOSITION_TYPE, text: await askPrimary() });
    return { metrics, expose, open: async () => async () => {} };
  }
  const expose = async () => ({ type: EXPOSITION_TYPE, text: await exposition([await metrics.read()]) });
  return { metrics, expose, open: () => serveMetrics(asked, expose) };
}

export interface Exposure {
  readonly addUp: (figures: readonly ProcessFigures[]) => Promise<string>;
  readonly sumOf: SumOf;
  /** Opens the port, if one is configured. @throws what listening throws */
  open(figures: () => Promise<readonly ProcessFigures[]>): Promise<() => Promise<void>>;
}

/** In the primary, which measures nothing itself. */
export async function exposureIfAsked({ metrics: asked }: Config): Promise<Exposure | undefined> {
  if (asked.port === undefined && asked.token === undefined) return undefined;
  const { EXPOSITION_TYPE, exposition, sumOf } = await import('../../observability/metrics.ts');
  return {
    addUp: exposition,
    sumOf,
    open: (figures) =>
      serveMetrics(asked, async () => ({ type: EXPOSITION_TYPE, text: await exposition(await figures()) })),
  };
}
