import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { foundOrSkip } from './skip.js';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium; nothing is downloaded. */
export const chromiumPath: string | undefined = process.env.CHROMIUM_PATH ?? places.find((path) => existsSync(path));

/** Its path, or one line that says what is skipped without it. */
export function chromiumOrSkip(what: string): string | undefined {
  return foundOrSkip(chromiumPath, 'Chromium', what);
}

/** `args` are added to those that every test needs. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(`no Chromium at ${places.join(', ')}; CHROMIUM_PATH may name one`);
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      ...args,
    ],
  });
}
