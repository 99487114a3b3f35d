// `npm run golden`: pins today's answers for samples/. Look at them before you commit them.
import { writeFileSync } from 'node:fs';
import { answerSamples, goldenFile } from './samples';

void (async () => {
  const answers = await answerSamples();
  writeFileSync(goldenFile, `${JSON.stringify(answers, null, 2)}\n`);
  for (const [picture, { predicted_class, confidence }] of Object.entries(answers)) {
    console.log(`${picture}: ${predicted_class} (${(100 * confidence).toFixed(1)} %)`);
  }
})();
