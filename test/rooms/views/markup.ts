// Reads rendered pages: enough of HTML to check what pug writes (every attribute quoted, every element closed).

export interface Element {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly ancestors: readonly Element[];
  /** Text inside, descendants included, white space collapsed. */
  text: string;
}

const tokens = /<!--.*?-->|<!doctype[^>]*>|<(\/?)([a-z][\w-]*)((?:\s+[^\s=>/]+(?:="[^"]*")?)*)\s*(\/?)>|([^<]+)/gis;
const voids = new Set(['area', 'br', 'hr', 'img', 'input', 'link', 'meta']);
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'" };

/** Every element in document order. Throws when tags do not match up. */
export function elementsOf(html: string): Element[] {
  const found: Element[] = [];
  const open: Element[] = [];
  for (const [, closing, tag, attributes, selfClosed, text] of html.matchAll(tokens)) {
    if (text !== undefined) {
      for (const element of open) element.text += decode(text);
    } else if (tag !== undefined && closing === '/') {
      const last = open.pop();
      if (last?.tag !== tag) throw new Error(`</${tag}> closes <${last?.tag}>`);
      last.text = last.text.replace(/\s+/g, ' ').trim();
    } else if (tag !== undefined) {
      const element = { tag, attributes: attributesOf(attributes ?? ''), ancestors: [...open], text: '' };
      found.push(element);
      if (!voids.has(tag) && selfClosed !== '/') open.push(element);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.tag}> is never closed`);
  return found;
}

function attributesOf(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, value] of source.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)) {
    attributes.set(name!, decode(value ?? ''));
  }
  return attributes;
}

function decode(text: string): string {
  return text.replace(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => entities[name]!);
}
