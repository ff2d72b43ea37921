// Where people may be sent: exact addresses only.
import { describe, expect, test } from 'vitest';
import { redirectUriProblem } from '../../../src/clients/redirect-uris.ts';
import { problemsWith } from './client-files.ts';

describe('an app in the web or the browser', () => {
  test.each([
    'https://app.example.com/callback',
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com:8443/cb?tenant=a',
    'https://xn--bcher-kva.example/cb',
    'http://localhost:3001/callback',
    'http://127.0.0.1/cb',
    'http://[::1]:8080/cb',
  ])('may use %s', (uri) => {
    expect(redirectUriProblem(uri, 'web')).toBeUndefined();
  });

  test.each([
    ['http://app.example.com/cb', 'must be https'],
    ['http://localhost.example.com/cb', 'must be https'],
    ['http://127.0.0.2/cb', 'must be https'],
    ['http://127.0.0.1.example.com/cb', 'must be https'],
    ['http://localhost.:80/cb', 'write it as'],
    ['http://0.0.0.0/cb', 'must be https'],
    ['http://0x7f.1/cb', 'write it as http://127.0.0.1/cb'],
    ['http://2130706433/cb', 'write it as http://127.0.0.1/cb'],
    ['http://[::ffff:127.0.0.1]/cb', 'write it as'],
    ['https://*.example.com/cb', 'wildcard'],
    ['https://app.example.com/*', 'wildcard'],
    ['https://app.example.com/cb#', 'fragment'],
    ['https://app.example.com/cb#a', 'fragment'],
    ['https://user@app.example.com/cb', 'user name'],
    ['https://@app.example.com/cb', 'user name'],
    ['https://app.example.com@evil.example/cb', 'user name'],
    ['https://localhost:pw@evil.example/cb', 'user name'],
    ['https://app.example.com\\@evil.example/cb', 'plain ASCII'],
    ['https://bücher.example/cb', 'punycode'],
    ['https://аpp.example.com/cb', 'punycode'],
    ['https://app.example.com/c b', 'plain ASCII'],
    ['https://app.example.com/cb\t', 'plain ASCII'],
    [' https://app.example.com/cb', 'plain ASCII'],
    ['https://app.example.com/a/../cb', 'write it as https://app.example.com/cb'],
    ['https://app.example.com/%2e%2e/cb', 'write it as https://app.example.com/cb'],
    ['https://APP.example.com/cb', 'write it as https://app.example.com/cb'],
    ['https://app.example.com:443/cb', 'write it as https://app.example.com/cb'],
    ['https:/app.example.com/cb', 'write it as'],
    ['https:/user:pw@app.example.com/cb', 'user name'],
    ['//app.example.com/cb', 'absolute URL'],
    ['/cb', 'absolute URL'],
    ['app.example.com/cb', 'absolute URL'],
    ['', 'absolute URL'],
    ['https://', 'absolute URL'],
    ['javascript:alert(1)', 'the scheme javascript is not allowed'],
    ['data:text/html,x', 'the scheme data is not allowed'],
    ['vbscript:x', 'the scheme vbscript is not allowed'],
    ['file:///etc/passwd', 'the scheme file is not allowed'],
    ['about:blank', 'the scheme about is not allowed'],
    ['blob:https://app.example.com/1', 'the scheme blob is not allowed'],
    ['ftp://app.example.com/cb', 'the scheme ftp is not allowed'],
    ['com.example.app:/cb', 'the scheme com.example.app is not allowed'],
  ])('may not use %s', (uri, problem) => {
    expect(redirectUriProblem(uri, 'web')).toContain(problem);
    expect(redirectUriProblem(uri, 'spa')).toContain(problem);
  });
});

describe('a native app', () => {
  test.each(['https://app.example.com/cb', 'http://127.0.0.1/cb', 'http://[::1]:1234/cb', 'com.example.app:/cb'])(
    'may use %s',
    (uri) => {
      expect(redirectUriProblem(uri, 'native')).toBeUndefined();
    },
  );

  test.each([
    ['https://localhost/cb', 'must be http on a loopback address'],
    ['http://app.example.com/cb', 'must be https'],
    ['myapp:/cb', 'the scheme myapp is not allowed'],
    ['javascript:alert(1)', 'the scheme javascript is not allowed'],
    ['data:text/html,x', 'the scheme data is not allowed'],
    ['com.example.app://*', 'wildcard'],
    ['com.example.app:/cb#x', 'fragment'],
    ['com.example.app://user@host/cb', 'user name'],
    ['COM.example.app:/cb', 'write it as com.example.app:/cb'],
  ])('may not use %s', (uri, problem) => {
    expect(redirectUriProblem(uri, 'native')).toContain(problem);
  });
});

test('the problem stands at the entry, for every entry and for the way out too', () => {
  const lines =
    'redirect_uris: [https://app.test/cb, "http://app.test/cb", "*"]\npost_logout_redirect_uris: ["javascript:x"]';
  expect(problemsWith('web', lines)).toEqual([
    'redirect_uris[1]: must be https (http is allowed on localhost, 127.0.0.1 and [::1] only)',
    'redirect_uris[2]: must not contain a wildcard: addresses are compared exactly',
    'post_logout_redirect_uris[0]: the scheme javascript is not allowed; expected https',
  ]);
});

test('one address is not stated twice', () => {
  expect(problemsWith('web', 'redirect_uris: [https://app.test/cb, https://app.test/cb]')).toEqual([
    'redirect_uris: states "https://app.test/cb" twice',
  ]);
});
