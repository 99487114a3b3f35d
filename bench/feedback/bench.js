// `npm run bench -- feedback`: what recording, storing and reading cost. With DATABASE_URL set, in that PostgreSQL.
import { manyClassesBench } from './classes.js';
import { readingBench } from './read.js';
import { recordingBench } from './record.js';
import { storingBench } from './write.js';

/** @param {{quick: boolean}} options `quick`: up to 100,000 rows in place of 10 million */
export async function feedbackBench({ quick }) {
  const where = process.env.DATABASE_URL ? 'PostgreSQL' : 'SQLite';
  return [
    `${where}; six classes unless it says more.`,
    `### Recording a prediction\n\n${await recordingBench()}`,
    `### Storing feedback\n\n${await storingBench()}`,
    `### Ten labels with 1,000 classes\n\n${await manyClassesBench()}`,
    `### Reading figures, milliseconds (median of 30)\n\n${await readingBench(quick ? 100_000 : 10_000_000)}`,
  ].join('\n\n');
}
