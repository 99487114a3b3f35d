// npm run bench [-- serving|tfjs|feedback|bridge ...] [--quick] [--rounds N] [--out FILE.md] [--chart FILE.svg] [--only 'ours,FastAPI']
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine, progress } from './support.js';

const benches = {
  serving: async (options) => {
    const { servingBench } = await import('./serving/bench.js');
    const { servingReport } = await import('./serving/report.js');
    const figures = await servingBench(options);
    if (options.chart !== undefined) {
      const { servingChart } = await import('./serving/chart.js');
      writeFileSync(options.chart, await servingChart(figures, progress));
    }
    return servingReport(figures);
  },
  tfjs: async (options) => (await import('./tfjs/bench.js')).tfjsBench(options),
  bridge: async (options) => (await import('./bridge/bench.js')).bridgeBench(options),
  feedback: async (options) => (await import('./feedback/bench.js')).feedbackBench(options),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    out: { type: 'string' },
    chart: { type: 'string' },
    only: { type: 'string' },
  },
});
const unknown = positionals.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`There is no benchmark named ${unknown}; there are ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
const reports = [`${machine()}\nCommand: npm run bench -- ${process.argv.slice(2).join(' ')}`];
for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
  reports.push(
    `## ${name}\n\n${await benches[name]({ quick: values.quick, rounds: Number(values.rounds), chart: values.chart, only: values.only?.split(',') })}`,
  );
}
progress('');
const text = `${reports.join('\n\n')}\n`;
process.stdout.write(text);
if (values.out !== undefined) writeFileSync(values.out, text);
