import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { KatonicPackage } from '../../launch/package.js';
import type { Settings } from '../../settings.js';
import type { Pool } from '../../workers/pool.js';
import { limitsInWords } from '../limits.js';
import { STATUS } from '../status.js';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2rem; }
pre, code { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 6px; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: 0.2rem 1rem 0.2rem 0; vertical-align: top; }
`;
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** `GET /docs`: one page without scripts, made from what is served. The machine-readable form is `/openapi.json`. */
export function docsRoute(pkg: () => KatonicPackage, settings: Settings, pool: Pool): RequestHandler {
  return (req, res) => {
    res.setHeader('content-security-policy', POLICY);
    res.type('html').send(page(pkg(), settings, pool, `${req.protocol}://${req.headers.host ?? 'localhost'}`));
  };
}

function page(pkg: KatonicPackage, settings: Settings, pool: Pool, base: string): string {
  const { prefix } = settings;
  const auth = settings.token === undefined ? '' : ` -H 'Authorization: YOUR TOKEN'`;
  const schema = JSON.stringify(pool.info?.bodySchema ?? 'loading', null, 2);
  const [label = 0] = pkg.labels.codes;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(pkg.name)}: API</title><style>${STYLE}</style></head><body>
<h1>${text(pkg.name)}</h1>
<p>${text(pkg.description)}</p>
<p>${text(pkg.modelType)} · <a href="/openapi.json">openapi.json</a> · <a href="/">summary</a></p>
<h2>POST ${text(prefix)}/predict</h2>
<p>Classifies one picture. Short form: <code>/predict</code>.</p>
<pre>curl${text(auth)} -H 'Content-Type: application/json' -d '{"data": "https://.../picture.jpg"}' ${text(base + prefix)}/predict
curl${text(auth)} -F file=@picture.jpg ${text(base + prefix)}/predict
curl${text(auth)} -H 'Content-Type: image/jpeg' --data-binary @picture.jpg ${text(base + prefix)}/predict</pre>
<p>The JSON body, as JSON Schema:</p>
<pre>${text(schema)}</pre>
<p>Headers of the answer: <code>x-request-id</code> (feedback may refer to it), <code>server-timing</code> (milliseconds by stage).</p>
<h2>POST ${text(prefix)}/feedback</h2>
<p>Tells what was true. Short form: <code>/feedback</code>.</p>
<pre>curl${text(auth)} -H 'Content-Type: application/json' -d '{"predicted_label": [${text(JSON.stringify(label))}], "true_label": [${text(JSON.stringify(label))}]}' ${text(base + prefix)}/feedback</pre>
${table(
  'Classes',
  ['name', 'code'],
  pkg.labels.classes.map(({ name, code }) => [name, String(code)]),
)}
${table('Limits', ['limit', 'value'], Object.entries(limitsInWords(settings)))}
${table(
  'Errors',
  ['code', 'status'],
  Object.entries(STATUS).map(([code, status]) => [code, String(status)]),
)}
<p>422 answers have FastAPI's form, <code>{"detail": [{"loc", "msg", "type"}]}</code>; all others
<code>{"detail", "code", "remedy", "id"}</code>.</p>
<h2>Health</h2>
<p><a href="/health/live">/health/live</a>: the server answers. <a href="/health/ready">/health/ready</a>: the model is loaded.</p>
</body></html>
`;
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return `<h2>${title}</h2>\n<table><thead><tr>${cells('th', head)}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
