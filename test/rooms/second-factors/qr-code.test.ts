// The QR code: a picture that any Content-Security-Policy allows and any theme leaves readable.
import { create } from 'qrcode';
import { expect, test } from 'vitest';
import { qrCodeSvg } from '../../../src/second-factors/qr-code.ts';

const URI = 'otpauth://totp/Gatehouse:jane%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gatehouse';

test('it has no style, no script and nothing to fetch', () => {
  const svg = qrCodeSvg(URI, 'QR code');
  expect(svg).not.toMatch(/style|script|href|url\(|\son\w+=/i);
  expect(svg).toMatch(
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 (\d+) \1" role="img" aria-label="QR code"/,
  );
  expect(svg).not.toMatch(/(?:^|\s)(?:width|height)=/);
});

test('it is black on white with four light modules around it', () => {
  const svg = qrCodeSvg(URI, 'QR code');
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  expect(side).toBe(create(URI, { errorCorrectionLevel: 'M' }).modules.size + 8);
  expect(svg).toContain(`<path fill="#fff" d="M0 0h${side}v${side}H0z"/>`);
});

test('its modules are those of the code', () => {
  const { size, data } = create(URI, { errorCorrectionLevel: 'M' }).modules;
  const drawn = new Uint8Array(size * size);
  const path = /fill="#000" d="([^"]+)"/.exec(qrCodeSvg(URI, 'QR code'))?.[1] ?? '';
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\1z/g)) {
    const start = (Number(y) - 4) * size + Number(x) - 4;
    drawn.fill(1, start, start + Number(width));
  }
  expect(Buffer.from(drawn).equals(Buffer.from(data))).toBe(true);
});

test('the label cannot break out of its attribute', () => {
  expect(() => qrCodeSvg(URI, '"><script>')).toThrow(RangeError);
});
