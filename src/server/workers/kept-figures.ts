// What workers have counted, kept by the primary: a counter that falls is a restart to Prometheus, and its rates are wrong.
import type { ProcessFigures } from '../../observability/metrics.ts';

/** What several have measured as if it were one. */
export type SumOf = (processes: readonly ProcessFigures[]) => ProcessFigures;

/** One place for a worker. */
export interface Told {
  /** The number of who is there, if anybody is. */
  readonly worker: number | undefined;
  /** Undefined when it did not answer. */
  readonly figures: ProcessFigures | undefined;
}

interface Kept {
  worker: number | undefined;
  /** By those who were there before. */
  ended: ProcessFigures;
  /** By who is there, when it last answered. */
  last: ProcessFigures;
}

/**
 * To be told of all places, in the same order every time: the figures of all, with what was counted by those that have ended or
 * do not answer. Added up place by place, so that no sum of fractions is rounded to less than before when a worker ends.
 */
export function keepFigures(sumOf: SumOf): (places: readonly Told[]) => readonly ProcessFigures[] {
  const kept: Kept[] = [];
  return (places) => {
    for (const [at, { worker, figures }] of places.entries()) {
      kept[at] ??= { worker, ended: [], last: [] };
      const place = kept[at];
      if (place.worker !== worker) Object.assign(place, { worker, ended: sumOf([place.ended, place.last]), last: [] });
      if (figures !== undefined) place.last = figures.filter((each) => !isGauge(each));
    }
    const counted = kept.map(({ ended, last }) => sumOf([ended, last]));
    return [...counted, ...places.map(({ figures = [] }) => figures.filter(isGauge))];
  };
}

/** It says how something is now, not what has been. */
const isGauge = ({ type }: ProcessFigures[number]): boolean => type === 'gauge';
