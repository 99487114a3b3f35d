// The throughput table as a picture for the documentation: each server's throughput against that of a loop without a server.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, run } from '../support.js';

const packages = ['vega@6.4.0', 'vega-lite@6.5.0'];
const folder = join(cacheFolder, `chart-${packages.join('-')}`);

/** Vega is installed for those who draw, not for everybody who clones this. */
async function library(name, progress) {
  if (!existsSync(join(folder, 'node_modules'))) {
    progress('installing vega from npm');
    await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', ...packages]);
  }
  const require = createRequire(join(folder, 'package.json'));
  return import(pathToFileURL(require.resolve(name)).href);
}

/**
 * @param {{limits: object[], rows: object[]}} figures as servingBench gives them
 * @returns {Promise<string>} an SVG
 */
export async function servingChart({ limits, rows }, progress) {
  const [vega, { compile }] = [await library('vega', progress), await library('vega-lite', progress)];
  const values = rows
    .filter(({ kind, connections, empty }) => kind === 'json' && connections === 8 && !empty)
    .map(({ name, megapixels, perSecond }) => ({
      name,
      picture: `${megapixels} MP`,
      share: perSecond / limits.find((limit) => limit.megapixels === megapixels).perSecond,
    }));
  const inOrder = (key) => [...new Set(values.map((value) => value[key]))];
  const x = { field: 'picture', type: 'nominal', sort: inOrder('picture'), title: null, axis: { labelAngle: 0 } };
  const { spec } = compile({
    width: 640,
    height: 240,
    background: 'white',
    title: 'Throughput against decoding and inferring with no server, concurrency 8',
    data: { values },
    mark: 'bar',
    encoding: {
      x,
      xOffset: { field: 'name', sort: inOrder('name') },
      y: { field: 'share', type: 'quantitative', title: null, axis: { format: '.0%' } },
      color: { field: 'name', type: 'nominal', sort: inOrder('name'), title: null, scale: { scheme: 'tableau10' } },
    },
  });
  return `${await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG()}\n`;
}
