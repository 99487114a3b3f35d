import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import type { Plan } from '../../generators/app/plan.js';
import { packageRoot } from '../../runtime/package-root.js';

const require = createRequire(import.meta.url);

/** What the compiler says of the TypeScript in plans, by the first one's tsconfig.json and against the built runtime. */
export function diagnose(plans: readonly Plan[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'plans-'));
  try {
    const files = plans.flatMap(({ files }, index) =>
      files.flatMap(({ path, content }) =>
        content === undefined ? [] : [[join(folder, String(index), path), content] as const],
      ),
    );
    for (const [file, content] of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const config = files.find(([file]) => file === join(folder, '0', 'tsconfig.json'))?.[1] as string;
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        ...JSON.parse(config).compilerOptions,
        typeRoots: [join(packageRoot, 'node_modules', '@types')],
        paths: {
          'generator-katonic-classifier/runtime': [join(packageRoot, 'dist/runtime/public.d.ts')],
          joi: [join(dirname(require.resolve('joi')), 'index.d.ts')],
        },
      },
      folder,
    );
    const program = ts.createProgram(
      files.map(([file]) => file).filter((file) => file.endsWith('.ts')),
      options,
    );
    return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      return `${relative(folder, file?.fileName ?? folder)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
