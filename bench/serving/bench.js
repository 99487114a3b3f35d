// `npm run bench -- serving`: ours, its peers and the limit of a loop without a server, in one run, in turn, on the same pictures and model.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mobilenet } from '../models/mobilenet.js';
import { cacheFolder, median, progress } from '../support.js';
import { jsonBody, multipartBody } from './bodies.js';
import { contenders, environmentOf, start, stop, versionsOf } from './contenders.js';
import { batching, handOver, normalising } from './details.js';
import { limit } from './limit.js';
import { load } from './load.js';
import { overload } from './overload.js';
import { picture, sizes } from './pictures.js';
import { cpuSeconds, residentMb } from './processes.js';

const PROCESSES = 2;

/**
 * @param {{quick: boolean, rounds?: number, only?: string[]}} options `quick`: one size, one round, ours against FastAPI
 * @returns the rows that report.js prints
 */
export async function servingBench({ quick, rounds = 3, only }) {
  const plan = quick
    ? { megapixels: [0.8], rounds: 1, seconds: 6, connections: [8], multipart: false }
    : {
        megapixels: Object.keys(sizes)
          .map(Number)
          .sort((a, b) => a - b),
        rounds,
        seconds: 6,
        connections: [1, 8, 64],
        multipart: true,
      };
  const unknown = only?.find((name) => !contenders.some((contender) => contender.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no "${unknown}"; there are ${contenders.map(({ name }) => name).join(', ')}`);
  const wanted = only ?? (quick ? ['ours', 'ours, empty handler', 'FastAPI'] : contenders.map(({ name }) => name));
  const folder = join(cacheFolder, 'bodies');
  mkdirSync(folder, { recursive: true });
  const model = await mobilenet(progress);
  const pictures = new Map();
  for (const size of plan.megapixels) {
    progress(`drawing ${size} megapixels`);
    const bytes = await picture(size);
    const file = join(folder, `${size}.jpg`);
    writeFileSync(file, bytes);
    pictures.set(size, { bytes, file });
  }
  const running = [];
  try {
    const chosen = contenders.filter(({ name }) => wanted.includes(name));
    const given = { model, picture: pictures.get(plan.megapixels[0]).bytes };
    const pythons = new Map();
    for (const { name, needs } of chosen) pythons.set(name, needs ? await environmentOf(needs, progress) : undefined);
    const begin = (contender) => start(contender, { ...given, python: pythons.get(contender.name) });
    const starts = await startTimes(chosen, begin, plan.rounds);
    for (const contender of chosen) running.push(await begin(contender));
    const figures = await measure({ plan, pictures, folder, model, running });
    const versions = [];
    for (const { name } of chosen) if (pythons.get(name)) versions.push(await versionsOf(pythons.get(name)));
    return { ...figures, starts, processes: PROCESSES, versions: [...new Set(versions.flat())].sort() };
  } finally {
    await Promise.all(running.map(stop));
  }
}

/** Each server alone, from nothing to its first answer, as often as there are rounds. */
async function startTimes(chosen, begin, rounds) {
  const samples = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of chosen.filter(({ empty }) => !empty)) {
      progress(`start ${round} of ${rounds}: ${contender.name}`);
      const server = await begin(contender);
      samples.push({ name: contender.name, startSeconds: server.startSeconds });
      await stop(server);
    }
  }
  return summarise(samples, ['name'], ['startSeconds']);
}

async function measure({ plan, pictures, folder, model, running }) {
  const samples = [];
  const limits = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const [megapixels, { bytes, file }] of pictures) {
      progress(`round ${round} of ${plan.rounds}: ${megapixels} MP, the limit`);
      limits.push({ megapixels, ...(await limit({ processes: PROCESSES, seconds: plan.seconds, model, file })) });
      for (const server of running) {
        for (const kind of plan.multipart ? ['json', 'multipart'] : ['json']) {
          const path = server.contender[kind];
          if (path === undefined || (server.contender.empty && megapixels !== 0.8)) continue;
          for (const connections of concurrencies(server.contender, megapixels, kind, plan)) {
            progress(
              `round ${round} of ${plan.rounds}: ${megapixels} MP ${kind}, ${connections} at a time, ${server.contender.name}`,
            );
            const body =
              kind === 'json'
                ? jsonBody(folder, server.contender, bytes, megapixels)
                : multipartBody(folder, bytes, megapixels);
            samples.push({
              empty: server.contender.empty === true,
              megapixels,
              kind,
              connections,
              name: server.contender.name,
              ...(await sample(server, path, body, connections, plan.seconds)),
            });
          }
        }
      }
    }
  }
  const rows = summarise(
    samples,
    ['megapixels', 'kind', 'connections', 'name', 'empty'],
    ['perSecond', 'p50', 'p99', 'cpuPerRequest', 'rss', 'refused', 'failed'],
  );
  const [smallest] = pictures.keys();
  const ours = running.find(({ contender }) => contender.name === 'ours');
  const alone = rows.find(
    ({ name, megapixels, connections }) => name === 'ours' && megapixels === smallest && connections === 8,
  );
  progress('ten times the capacity');
  const flood = await overload(
    ours,
    multipartBody(folder, pictures.get(smallest).bytes, smallest),
    alone.perSecond,
    plan.seconds,
  );
  progress('hand-over, normalising, batches');
  const details = {
    handOver: await handOver([1e3, 1e5, 1e6, 5e6]),
    normalising: await normalising(model, await mobilenet(progress, 'uint8'), pictures.get(smallest).bytes),
    batching: await batching(model),
  };
  return {
    rows,
    flood: { ...flood, megapixels: smallest },
    details,
    limits: summarise(limits, ['megapixels'], ['perSecond', 'cpuPerRequest']),
  };
}

/** Other concurrencies at one size only: they show queueing, not pictures. */
function concurrencies({ empty }, megapixels, kind, plan) {
  return megapixels === 0.8 && kind === 'json' && !empty ? plan.connections : [8];
}

async function sample({ child, url }, path, { type, bodyFile }, connections, seconds) {
  await load({ url: url + path, type, bodyFile, connections, seconds: 1 });
  const before = cpuSeconds(child.pid);
  const result = await load({ url: url + path, type, bodyFile, connections, seconds });
  return { ...result, cpuPerRequest: (cpuSeconds(child.pid) - before) / result.answered, rss: residentMb(child.pid) };
}

/** The median over the rounds of each figure, for each combination of keys. */
function summarise(samples, keys, figures) {
  const groups = new Map();
  for (const one of samples) {
    const key = JSON.stringify(keys.map((name) => one[name]));
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((group) => ({
    ...Object.fromEntries(keys.map((name) => [name, group[0][name]])),
    ...Object.fromEntries(figures.map((name) => [name, median(group.map((one) => one[name]))])),
  }));
}
