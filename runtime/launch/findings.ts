import { type Finding, KatonicError } from '../errors.js';

type Details = Pick<Finding, 'remedy' | 'file' | 'line'>;

export function error(rule: string, message: string, details: Details = {}): Finding {
  return { severity: 'error', rule, message, ...details };
}

export function warning(rule: string, message: string, details: Details = {}): Finding {
  return { severity: 'warning', rule, message, ...details };
}

/** `launch.ts:12`, or what is known of it. */
export function placeOf(finding: Finding): string {
  if (finding.file === undefined) return '';
  return finding.line === undefined ? finding.file : `${finding.file}:${finding.line}`;
}

/** One error for all findings of severity `error`: the first one's place and remedy, every sentence. */
export function asError(findings: readonly Finding[]): KatonicError | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return undefined;
  const sentences = errors.map((finding) => [placeOf(finding), finding.message].filter(Boolean).join(': '));
  const remedies = [...new Set(errors.flatMap(({ remedy }) => remedy ?? []))];
  return new KatonicError({
    code: 'package',
    message: sentences.join('\n'),
    ...(remedies.length === 0 ? {} : { remedy: remedies.join('\n') }),
    where: {
      ...(first.file === undefined ? {} : { file: first.file }),
      ...(first.line === undefined ? {} : { line: first.line }),
    },
  });
}
