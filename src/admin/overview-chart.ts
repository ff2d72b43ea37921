// A bar a day, as shapes for an SVG that the server draws.

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly bars: readonly Bar[];
  /** What the highest bar stands for. */
  readonly most: number;
}

const WIDTH = 300;
const HEIGHT = 72;
const GAP = 2;
/** A day with one event among days with thousands is seen too. */
const LEAST = 2;

/** `values` from left to right. */
export function barChart(values: readonly number[]): Chart {
  const most = Math.max(0, ...values);
  const step = WIDTH / Math.max(1, values.length);
  const bars = values.flatMap((value, at) => {
    if (value === 0) return [];
    const height = Math.max(LEAST, Math.round((value / most) * HEIGHT * 10) / 10);
    const x = Math.round((at * step + GAP / 2) * 10) / 10;
    return [{ x, y: HEIGHT - height, width: Math.round((step - GAP) * 10) / 10, height }];
  });
  return { width: WIDTH, height: HEIGHT, bars, most };
}
