// A small browser without script: keeps cookies, follows redirects, fills in forms, reads what the page says.
import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

export interface Visit {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const MAX_REDIRECTS = 15;

/** Like fetch, with `redirect: 'manual'`. */
export type Send = (
  url: string,
  request: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Response>;

export interface BrowserOptions {
  /** Addresses that are not fetched: where one is reached, the browser stays and shows it as `page.url`. */
  readonly stopAt?: (url: string) => boolean;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How requests get to the server, where that is not at the address in their URL. */
  readonly send?: Send;
  /** Another browser's cookies, for a second tab. */
  readonly jar?: CookieJar;
}

export interface FilledForm {
  readonly method: 'get' | 'post';
  readonly action: string;
  readonly data: Record<string, string>;
}

export class Browser {
  readonly jar: CookieJar;
  #visit: Visit | undefined;
  readonly #options: BrowserOptions;

  constructor(options: BrowserOptions = {}) {
    this.#options = options;
    this.jar = options.jar ?? new CookieJar(undefined, { allowSpecialUseDomain: true, rejectPublicSuffixes: false });
  }

  /** Another tab of this browser: the same cookies, nothing opened yet. */
  newTab(): Browser {
    return new Browser({ ...this.#options, jar: this.jar });
  }

  get page(): Visit {
    if (this.#visit === undefined) throw new Error('the browser has not been anywhere');
    return this.#visit;
  }

  get document(): HTMLElement {
    return parse(this.page.text);
  }

  /** The text a person reads, blanks folded. */
  get text(): string {
    const body = this.document.querySelector('body') ?? this.document;
    return body.textContent.replace(/\s+/g, ' ').trim();
  }

  get title(): string {
    return this.document.querySelector('h1')?.textContent.replace(/\s+/g, ' ').trim() ?? '';
  }

  async open(url: string): Promise<this> {
    await this.#follow(await this.request(url), 'navigate');
    return this;
  }

  /** Fills in the form that has the given fields or button and submits it, as its button would. */
  async submit(fields: Record<string, string> = {}, button?: string): Promise<this> {
    const { action, data, method } = this.form(fields, button);
    if (method === 'get') return this.open(`${action.split('?')[0]}?${new URLSearchParams(data)}`);
    const response = await this.request(action, { method: 'POST', form: data });
    await this.#follow(response, 'navigate');
    return this;
  }

  /** The form on the page that has all these fields (and the button with this label), with its hidden fields. */
  form(fields: Record<string, string> = {}, button?: string): FilledForm {
    const forms = this.document.querySelectorAll('form');
    const form = forms.find((candidate) => {
      const names = candidate
        .querySelectorAll('input,select,textarea,button')
        .map((field) => field.getAttribute('name'));
      const labels = candidate.querySelectorAll('button').map((each) => each.textContent.trim());
      const fits = Object.keys(fields).every((name) => names.includes(name));
      return fits && (button === undefined || labels.some((label) => label.includes(button)));
    });
    if (form === undefined) {
      throw new Error(
        `no form with ${JSON.stringify({ fields: Object.keys(fields), button })} on: ${this.text.slice(0, 400)}`,
      );
    }
    const data: Record<string, string> = {};
    for (const input of form.querySelectorAll('input')) {
      const name = input.getAttribute('name');
      const type = input.getAttribute('type');
      if (name === undefined || type === 'submit') continue;
      if (['checkbox', 'radio'].includes(type ?? '') && !input.hasAttribute('checked')) continue;
      data[name] = input.getAttribute('value') ?? '';
    }
    for (const area of form.querySelectorAll('textarea')) {
      data[area.getAttribute('name') ?? ''] = area.textContent.replace(/^\n/, '');
    }
    for (const select of form.querySelectorAll('select')) {
      const options = select.querySelectorAll('option');
      const chosen = options.find((option) => option.hasAttribute('selected')) ?? options[0];
      data[select.getAttribute('name') ?? ''] = chosen?.getAttribute('value') ?? chosen?.textContent ?? '';
    }
    const pressed = form
      .querySelectorAll('button')
      .find((each) => button !== undefined && each.textContent.trim().includes(button));
    const name = pressed?.getAttribute('name');
    if (name !== undefined) data[name] = pressed?.getAttribute('value') ?? '';
    const action = pressed?.getAttribute('formaction') ?? form.getAttribute('action') ?? this.page.url;
    const method = form.getAttribute('method') === 'get' ? 'get' : 'post';
    return { method, action: new URL(action, this.page.url).href, data: { ...data, ...fields } };
  }

  async click(text: string): Promise<this> {
    const link = this.document.querySelectorAll('a').find((each) => each.textContent.trim().includes(text));
    const href = link?.getAttribute('href');
    if (href === undefined) throw new Error(`no link "${text}" on: ${this.text.slice(0, 400)}`);
    return this.open(new URL(href, this.page.url).href);
  }

  /** One request with this browser's cookies, redirects not followed. */
  async request(
    url: string,
    options: { method?: string; form?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const cookie = await this.jar.getCookieString(url);
    const { send = (target, init) => fetch(target, { ...init, redirect: 'manual' }) } = this.#options;
    const response = await send(url, {
      method: options.method ?? 'GET',
      headers: {
        accept: 'text/html,application/xhtml+xml',
        ...(cookie === '' ? {} : { cookie }),
        ...(options.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...this.#options.headers,
        ...options.headers,
      },
      ...(options.form === undefined ? {} : { body: new URLSearchParams(options.form).toString() }),
    });
    for (const header of response.headers.getSetCookie()) await this.jar.setCookie(header, url, { ignoreError: true });
    return response;
  }

  /** The cookies the server has set that would be sent to this address, by name. */
  async cookiesAt(url: string): Promise<Record<string, string>> {
    const cookies = await this.jar.getCookies(url);
    return Object.fromEntries(cookies.map(({ key, value }) => [key, value]));
  }

  async #follow(first: Response, _how: 'navigate'): Promise<void> {
    let response = first;
    for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
      const text = await response.text();
      this.#visit = { url: response.url, status: response.status, headers: response.headers, text };
      const next = response.headers.get('location') ?? refreshOf(text);
      if (next === undefined) return;
      const target = new URL(next, response.url).href;
      if (this.#options.stopAt?.(target) === true) {
        this.#visit = { ...this.#visit, url: target, text: '' };
        return;
      }
      response = await this.request(target);
    }
    throw new Error(`redirected more than ${MAX_REDIRECTS} times, lastly to ${this.page.url}`);
  }
}

/** Where `<meta http-equiv="refresh" content="0; url=…">` leads, as a browser would go there at once. */
function refreshOf(html: string): string | undefined {
  const meta = parse(html)
    .querySelectorAll('meta')
    .find((each) => each.getAttribute('http-equiv') === 'refresh');
  return /url=(.+)$/i.exec(meta?.getAttribute('content') ?? '')?.[1];
}
