// `npm run serve` for a script that goes on: waits until the server serves, asks whether it is ready, and stops it.
import { spawn } from 'node:child_process';

const child = spawn(process.env.NPM, ['run', 'serve'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
let text = '';
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding('utf8').on('data', async (chunk) => {
    const before = /http:\/\/127/.test(text);
    text += chunk;
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
    if (before || url === undefined) return;
    const { status } = await fetch(`${url}/health/ready`);
    process.exitCode = status === 200 ? 0 : 1;
    process.kill(-child.pid, 'SIGTERM');
  });
}
child.on('exit', () => {
  if (process.exitCode !== undefined) return;
  process.stderr.write(text);
  process.exitCode = 1;
});
