// A text as a QR code in SVG: no script, no style, nothing to fetch, so any Content-Security-Policy allows it.
import { createRequire } from 'node:module';
import type QrCode from 'qrcode';

/** Loaded when somebody enrols. */
const requireLater = createRequire(import.meta.url);

/** ISO/IEC 18004 asks for four light modules around the code. */
const QUIET_ZONE = 4;

/**
 * Black on white, quiet zone included, whatever the page's colours are. It has a viewBox and takes the size of its place.
 * @throws RangeError for a label that would need escaping
 */
export function qrCodeSvg(text: string, label: string): string {
  if (/[<>&"]/.test(label)) throw new RangeError('The label of a QR code is plain text');
  const { create } = requireLater('qrcode') as typeof QrCode;
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules;
  const side = size + 2 * QUIET_ZONE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" role="img" aria-label="${label}"`,
    ` shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/>`,
    `<path fill="#000" d="${darkRuns(data, size)}"/></svg>`,
  ].join('');
}

/** One rectangle per run of dark modules in a row. */
function darkRuns(modules: Uint8Array, size: number): string {
  let path = '';
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const start = column;
      while (column < size && modules[row * size + column]) column += 1;
      if (column > start)
        path += `M${start + QUIET_ZONE} ${row + QUIET_ZONE}h${column - start}v1H${start + QUIET_ZONE}z`;
    }
  }
  return path;
}
