// How an authenticator is called: by its owner, or by us as long as they have not said.

/** Code points; what fits a line of the list. */
export const LONGEST_NAME = 50;

/** Control and format characters, which change what a line looks like; letters, marks, digits, signs and blanks stay. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** As it is kept: one blank between words. `none` for an empty one; `unusable` for one that is too long or cannot be shown. */
export function authenticatorNameFrom(typed: string): { name: string } | 'none' | 'unusable' {
  const name = typed.normalize('NFC').trim().replace(/ +/g, ' ');
  if (name === '') return 'none';
  return [...name].length > LONGEST_NAME || UNSHOWABLE.test(name) ? 'unusable' : { name };
}

/** `Authenticator app`, `Authenticator app 2`, … */
export function freeName(taken: readonly { readonly name: string }[], usual: string): string {
  const names = new Set(taken.map(({ name }) => name));
  let name = usual;
  for (let number = 2; names.has(name); number += 1) name = `${usual} ${number}`;
  return name;
}
