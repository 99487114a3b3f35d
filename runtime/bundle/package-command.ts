import process from 'node:process';
import { Command, Option } from 'commander';
import type { Finding } from '../errors.js';
import { packageContainer } from './container.js';
import { packagePackage } from './package.js';
import { type BundleReport, megabytes } from './report.js';
import { verifyBundle } from './verify.js';

interface Flags {
  readonly out?: string;
  readonly verify?: string;
  readonly target: 'upload' | 'container';
  readonly json?: boolean;
}

/** `katonic-classifier package [path]`: exit code 0 when it was written, 1 when findings kept it from being written. */
export function packageCommand(): Command {
  return new Command('package')
    .description('Make an upload of a package that runs on the platform, where only Python is spoken.')
    .argument('[path]', 'folder of the package', '.')
    .option('--out <file.zip|folder>', 'where to write it; a folder is ready to commit to a repository')
    .addOption(
      new Option('--target <kind>', 'an upload for the platform, or the files of a container')
        .choices(['upload', 'container'])
        .default('upload'),
    )
    .option('--verify <bundle>', 'check a zip or folder against its own manifest instead')
    .option('--json', 'print the report as JSON')
    .action(async (path: string, flags: Flags) => {
      if (flags.verify !== undefined) return verify(flags.verify, flags.json === true);
      const onStep = (step: string) => process.stderr.write(`${step} ...\n`);
      const report =
        flags.target === 'container'
          ? await packageContainer(path, flags.out)
          : await packagePackage(path, { onStep, ...(flags.out === undefined ? {} : { out: flags.out }) });
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : asText(report));
      if (report.path === undefined) process.exitCode = 1;
    });
}

async function verify(bundle: string, json: boolean): Promise<void> {
  const findings = await verifyBundle(bundle);
  if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else
    process.stdout.write(findings.length === 0 ? `${bundle}: every file is as its manifest says\n` : lines(findings));
  if (findings.length > 0) process.exitCode = 1;
}

/** The report for a terminal. */
export function asText(report: BundleReport): string {
  const { findings, path } = report;
  if (path === undefined) return `${lines(findings)}nothing was written: correct the errors above\n`;
  const parts = report.parts.map(
    ({ part, bytes, files }) => `  ${megabytes(bytes).padStart(9)}  ${part} (${files} file${files === 1 ? '' : 's'})\n`,
  );
  const zip = report.zipBytes === undefined ? '' : `, ${megabytes(report.zipBytes)} as a zip`;
  const hash = report.sha256 === undefined ? '' : `SHA-256 ${report.sha256}\n`;
  return `${lines(findings)}${path}\n${megabytes(report.bytes)} unpacked${zip}\n${parts.join('')}${hash}`;
}

function lines(findings: readonly Finding[]): string {
  return findings.map(line).join('');
}

function line({ severity, message, remedy, file, line: number }: Finding): string {
  const at = number === undefined ? file : `${file}:${number}`;
  const place = at === undefined || message.startsWith(`${at} `) ? '' : `${at}: `;
  return `${severity}: ${place}${message}${remedy === undefined ? '' : `\n  ${remedy}`}\n`;
}
