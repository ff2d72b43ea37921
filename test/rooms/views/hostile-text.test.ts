// Text from outside (names, addresses, parameters, descriptions) stays text, and locals never become pug options.
import { expect, test } from 'vitest';
import { elementsOf } from './markup.ts';
import { render, renderSample } from './render.ts';
import { samples } from './samples.ts';

const payload = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;#{1}`;
const named = samples.map((sample) => [`${sample.view}, ${sample.state}`, sample] as const);
/** Not text: they choose what is shown, or are our own drawing. */
const untouched = new Set(['method', 'mode', 'qrSvg', 'field']);

function poison(value: unknown, key = ''): unknown {
  if (untouched.has(key)) return value;
  if (typeof value === 'string') return payload;
  if (Array.isArray(value)) return value.map((each) => poison(each));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poison(each, name)]));
}

test.each(named)('%s shows markup as text', (_, sample) => {
  const html = render(sample.view, poison(sample.locals) as Record<string, unknown>);
  expect(html).not.toContain('<script>');
  expect(html).not.toContain('<img src=x');
  expect(html).not.toContain('<b>');
  expect(html).toContain('&lt;script&gt;');
  const elements = elementsOf(html);
  expect(elements.flatMap((each) => [...each.attributes.keys()]).filter((name) => name.startsWith('on'))).toEqual([]);
});

test.each(named)('%s is the same page when locals are named like pug options', (_, sample) => {
  const options = { pretty: true, self: true, globals: ['x'], filename: 'x', compileDebug: true, doctype: 'xml' };
  const sneaky = { ...options, name: 'x', block: 'x', cache: true, basedir: '/', filters: {}, debug: true };
  expect(render(sample.view, { ...sneaky, ...sample.locals })).toBe(render(sample.view, sample.locals));
});

test.each(['javascript:alert(1)', 'data:text/html,x', ' javascript:alert(1)', 'JaVaScRiPt://x/%0aalert(1)'])(
  'an app whose pages are at %s gets no link',
  (address) => {
    const client = { name: 'Shady', uri: address, policyUri: address, tosUri: address };
    const html = renderSample('interactions/consent', 'few scopes', { client });
    expect(html.toLowerCase()).not.toContain(`href="${address.toLowerCase()}`);
    const links = elementsOf(html).filter(({ tag, attributes }) => tag === 'a' && !attributes.has('hreflang'));
    expect(links).toEqual([]);
  },
);
