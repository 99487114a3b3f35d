// `npm run bench -- feedback`: what recording, storing and reading cost, in SQLite and in the PostgreSQL of DATABASE_URL.
import { manyClassesBench } from './classes.js';
import { readingBench } from './read.js';
import { recordingBench } from './record.js';
import { storingBench } from './write.js';

/** @param {{quick: boolean, rounds: number}} options `quick`: short rounds, and up to 100,000 rows in place of 10 million */
export async function feedbackBench(options) {
  const most = options.quick ? 100_000 : 10_000_000;
  return [
    `### Recording a prediction, over HTTP\n\n${await recordingBench(options)}`,
    `### Storing feedback, six classes\n\n${await storingBench()}`,
    `### Ten labels with 1,000 classes\n\n${await manyClassesBench()}`,
    `### Reading figures, milliseconds (median of 30)\n\n${await readingBench(most)}`,
  ].join('\n\n');
}
