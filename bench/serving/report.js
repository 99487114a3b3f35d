// The tables of the serving benchmark, as Markdown.

export function servingReport({ starts, limits, rows: all, batching }) {
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
    '### The server alone: a handler that answers a constant, JSON of 0.8 megapixels, concurrency 8',
    '',
    table(
      ['', 'requests a second', 'CPU ms a request', 'p50 / p99 ms'],
      all
        .filter(({ empty }) => empty)
        .map((row) => [row.name, row.perSecond.toFixed(0), ms(row.cpuPerRequest), `${row.p50} / ${row.p99}`]),
    ),
    '',
    '### Where batching loses: milliseconds a picture on ONNX Runtime, one thread',
    '',
    table(
      ['one by one', 'batches of 8', 'gain'],
      [[batching.single.toFixed(2), batching.batched.toFixed(2), (batching.single / batching.batched).toFixed(2)]],
    ),
    '',
    '### Start to the first answer, and memory',
    '',
    table(
      ['', ...names(rows)],
      [
        [
          'seconds to the first answer',
          ...names(rows).map((name) => starts.find((one) => one.name === name).startSeconds.toFixed(2)),
        ],
        [
          'resident MB, all processes, under load',
          ...names(rows).map((name) =>
            Math.max(...rows.filter((row) => row.name === name).map(({ rss }) => rss)).toFixed(0),
          ),
        ],
      ],
    ),
  ].join('\n');
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
