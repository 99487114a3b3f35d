// The tables of the serving benchmark, as Markdown.

export function servingReport({ starts, limits, rows: all, flood, details, versions, processes }) {
  const rows = all.filter(({ empty }) => !empty);
  const sizes = [...new Set(rows.map(({ megapixels }) => megapixels))];
  return [
    '### Throughput at concurrency 8: pictures a second (ours against the server)',
    '',
    table(
      ['Picture', 'body', 'limit', ...names(rows)],
      sizes.flatMap((size) =>
        kinds(rows, size).map((kind) => [
          `${size} MP`,
          kind,
          limitOf(limits, size).perSecond.toFixed(0),
          ...names(rows).map((name) => throughput(rows, size, kind, name)),
        ]),
      ),
    ),
    '',
    '### CPU milliseconds a request, load generator excluded (limit / server)',
    '',
    table(
      ['Picture', 'limit', ...names(rows)],
      sizes.map((size) => [
        `${size} MP`,
        ms(limitOf(limits, size).cpuPerRequest),
        ...names(rows).map((name) => cpu(rows, limits, size, name)),
      ]),
    ),
    '',
    '### Latency in milliseconds, p50 / p99 (p99 against p50), JSON',
    '',
    table(
      ['Picture', 'at a time', ...names(rows)],
      sizes.flatMap((size) =>
        concurrencies(rows, size).map((connections) => [
          `${size} MP`,
          String(connections),
          ...names(rows).map((name) => latency(rows, size, connections, name)),
        ]),
      ),
    ),
    '',
    ...serverAlone(all.filter(({ empty }) => empty)),
    '### Start to the first answer, and memory (server / FastAPI)',
    '',
    table(
      ['', ...names(rows)],
      [
        [
          'seconds to the first answer',
          ...against(names(rows), (name) => starts.find((one) => one.name === name).startSeconds, 2),
        ],
        [
          'resident MB, all processes, under load',
          ...against(
            names(rows),
            (name) => Math.max(...rows.filter((row) => row.name === name).map(({ rss }) => rss)),
            0,
          ),
        ],
      ],
    ),
    '',
    `### Ten times its capacity (ours, ${flood.megapixels} MP multipart, ${flood.seconds} s)`,
    '',
    table(
      [
        'offered',
        'answered: p50 / p99 ms',
        'refused with 429: p50 / p99 ms',
        'anything else',
        'resident MB before, after',
      ],
      [
        [
          `${flood.offered} (${(flood.offered / flood.seconds / flood.capacity).toFixed(1)} times)`,
          answers(flood.accepted),
          answers(flood.refused),
          Object.entries(flood.others)
            .map(([what, count]) => `${what}: ${count}`)
            .join(', ') || 'none',
          `${flood.rssBefore.toFixed(0)}, ${flood.rssAfter.toFixed(0)}`,
        ],
      ],
    ),
    '',
    '### Hand-over to a worker and back, nothing done there: milliseconds',
    '',
    table(
      ['bytes', 'ours', "Node's channel, advanced", "Node's channel, JSON with base64"],
      details.handOver.map(({ bytes, ...ways }) => [
        String(bytes),
        ...[ways.frames, ways.advanced, ways.json].map((way) => way.toFixed(2)),
      ]),
    ),
    '',
    '### Where pixels are normalised, and where batching loses: milliseconds a picture on ONNX Runtime, one thread',
    '',
    table(
      ['by tables, then infer (of that the tables)', 'inside the graph, from uint8', 'one by one', 'batches of 8'],
      [
        [
          `${details.normalising.outside.toFixed(2)} (${details.normalising.tables.toFixed(2)})`,
          details.normalising.inside.toFixed(2),
          details.batching.single.toFixed(2),
          details.batching.batched.toFixed(2),
        ],
      ],
    ),
    '',
    `${processes} processes that infer in every server, one thread each. ${trouble(all)}`,
    `Peers (commands: bench/serving/contenders.js): ${versions.join(', ')}.`,
  ].join('\n');
}

function serverAlone(rows) {
  if (rows.length === 0) return [];
  return [
    '### The server alone: a handler that answers a constant, JSON of 0.8 megapixels, concurrency 8',
    '',
    table(
      ['', 'requests a second', 'CPU ms a request', 'p50 / p99 ms'],
      rows.map((row) => [row.name, row.perSecond.toFixed(0), ms(row.cpuPerRequest), `${row.p50} / ${row.p99}`]),
    ),
    '',
  ];
}

/** What was not answered with 2xx, so that no server looks fast by failing. */
function trouble(rows) {
  const bad = rows.filter(({ refused, failed }) => refused + failed > 0);
  if (bad.length === 0) return 'Every request of every row was answered with 200.';
  const of = ({ name, megapixels, kind, connections, refused, failed }) =>
    `${name} at ${megapixels} MP ${kind} x ${connections}: ${refused} refused, ${failed} failed`;
  return `Not answered with 200: ${bad.map(of).join('; ')}.`;
}

/** Each value, and in brackets its ratio to FastAPI's. */
function against(all, figure, digits) {
  const base = all.includes('FastAPI') ? figure('FastAPI') : undefined;
  return all.map((name) => {
    const value = figure(name);
    return value.toFixed(digits) + (base === undefined || name === 'FastAPI' ? '' : ` (${(value / base).toFixed(2)})`);
  });
}

function answers({ count, p50, p99 }) {
  return count === 0 ? '0' : `${count}: ${p50.toFixed(0)} / ${p99.toFixed(0)}`;
}

const names = (rows) => [...new Set(rows.map(({ name }) => name))];
const kinds = (rows, size) => [
  ...new Set(rows.filter(({ megapixels }) => megapixels === size).map(({ kind }) => kind)),
];
const concurrencies = (rows, size) => [
  ...new Set(
    rows.filter(({ megapixels, kind }) => megapixels === size && kind === 'json').map(({ connections }) => connections),
  ),
];
const limitOf = (limits, size) => limits.find(({ megapixels }) => megapixels === size);
const ms = (seconds) => (seconds * 1000).toFixed(1);

function find(rows, size, kind, connections, name) {
  return rows.find(
    (row) => row.megapixels === size && row.kind === kind && row.connections === connections && row.name === name,
  );
}

function throughput(rows, size, kind, name) {
  const row = find(rows, size, kind, 8, name);
  if (!row) return '';
  const ours = find(rows, size, kind, 8, 'ours');
  return name === 'ours' || !ours
    ? row.perSecond.toFixed(0)
    : `${row.perSecond.toFixed(0)} (${(ours.perSecond / row.perSecond).toFixed(2)})`;
}

function cpu(rows, limits, size, name) {
  const row = find(rows, size, 'json', 8, name);
  return row
    ? `${ms(row.cpuPerRequest)} (${(limitOf(limits, size).cpuPerRequest / row.cpuPerRequest).toFixed(2)})`
    : '';
}

function latency(rows, size, connections, name) {
  const row = find(rows, size, 'json', connections, name);
  return row ? `${row.p50} / ${row.p99} (${(row.p99 / row.p50).toFixed(2)})` : '';
}

function table(head, body) {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
