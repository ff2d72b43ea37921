// An operator's logo, colour and links: checked when the configuration is read, readable when shown.
import { wcagContrast } from 'culori';
import { describe, expect, test } from 'vitest';
import { accentColours } from '../../../src/config/branding/accent-colours.ts';

const GROUNDS = { light: ['#f5f3ee', '#ffffff', '#f9f7f3'], dark: ['#151412', '#1f1d1a', '#191815'] } as const;

describe('an accent colour', () => {
  const everywhere = ['00', '33', '77', 'bb', 'ff'];
  const colours = everywhere.flatMap((r) => everywhere.flatMap((g) => everywhere.map((b) => `#${r}${g}${b}`)));

  test.each(['light', 'dark'] as const)('can be read on every ground in %s, whatever was chosen', (scheme) => {
    const unreadable = colours.flatMap((chosen) => {
      const { accent, onAccent, soft } = accentColours(chosen)[scheme];
      const pairs = [...GROUNDS[scheme], soft, onAccent].map((ground) => [accent, ground] as const);
      return pairs.filter(([one, other]) => wcagContrast(one, other) < 4.5).map((pair) => [chosen, ...pair]);
    });
    expect(colours).toHaveLength(125);
    expect(unreadable).toEqual([]);
  });

  test('that can be read stays as it is', () => {
    expect(accentColours('#1c5b4c').light.accent).toBe('#1c5b4c');
    expect(accentColours('#8b1e3f').light.accent).toBe('#8b1e3f');
  });
});
