// A language that nobody speaks, made of the English texts: accented, half as long again, written from right to left. Whoever looks
// at a page in it sees what is cut off, what stands on the wrong side, and what was never in a catalogue.

/** BCP 47: Arabic, so that dates and numbers are real ones, in the private region that other products use for this. */
export const PSEUDO_LOCALE = 'ar-XB';

/** Every text stands between these two. */
const [OPEN, CLOSE] = ['⟦', '⟧'];

/** U+202E RIGHT-TO-LEFT OVERRIDE turns the letters of each piece around, U+202C ends it (UAX #9 section 2.2). */
const [TURNED, ENDED] = ['\u202e', '\u202c'];

const PLAIN = 'aceinosuyzACEINOSUYZ';
const ACCENTED = 'áçéíñöšûýžÅÇËÏÑØŠÛÝŽ';

/** Of the length of a text; German is about a third longer than English, short words more. */
const LONGER_BY = 0.5;

export const inPseudoLocale = <Texts extends Readonly<Record<string, string>>>(texts: Texts): Texts =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, pseudo(text)])) as Texts;

/** `{name}` stays what it is. */
function pseudo(text: string): string {
  const pieces = text.split(/(\{\w+\})/).filter((piece) => piece !== '');
  const shown = pieces.map((piece) => (piece.startsWith('{') ? piece : turned(accented(piece))));
  return `${OPEN}${shown.join('')}${turned(padding(text.length * LONGER_BY))}${CLOSE}`;
}

const turned = (text: string): string => `${TURNED}${text}${ENDED}`;

const accented = (text: string): string =>
  [...text].map((letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter).join('');

/** Words, so that lines can break as they do in a language. */
const padding = (letters: number): string => ' łöñg'.repeat(Math.ceil(letters / 5));
