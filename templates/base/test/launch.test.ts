import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Classification } from 'generator-katonic-classifier/runtime';
import { answerSamples, goldenFile } from './samples';

/** Engines round differently; a wrong recipe shifts probabilities by far more. */
const TOLERANCE = 0.02;

test('samples get their golden answers', async (t) => {
  assert.ok(existsSync(goldenFile), 'test/golden.json is missing: `npm run golden` makes it');
  const golden: Record<string, Classification> = JSON.parse(readFileSync(goldenFile, 'utf8'));
  const answers = await answerSamples();
  assert.deepEqual(Object.keys(answers), Object.keys(golden), 'samples/ has changed: `npm run golden` makes new answers');
  for (const [picture, expected] of Object.entries(golden)) {
    await t.test(picture, () => {
      const answer = answers[picture] as Classification;
      assert.equal(answer.predicted_class, expected.predicted_class);
      for (const [name, probability] of Object.entries(expected.probabilities)) {
        const got = answer.probabilities[name] ?? Number.NaN;
        assert.ok(Math.abs(got - probability) <= TOLERANCE, `${name}: expected ${probability}, got ${got}`);
      }
    });
  }
});

test('every predicted label is one of labels_file.json', async () => {
  const { labels } = JSON.parse(readFileSync(join(__dirname, '..', 'labels_file.json'), 'utf8'));
  for (const { predicted_label } of Object.values(await answerSamples())) assert.ok(labels.includes(predicted_label));
});
