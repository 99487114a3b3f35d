import type { Finding } from '../errors.js';
import { checkTypesApart } from '../launch/check.js';
import type { Logger } from '../launch/contract.js';
import { placeOf } from '../launch/findings.js';
import type { KatonicPackage } from '../launch/package.js';

/** In a process of its own, after the start: types are for the author, and serving does not wait for them. */
export async function printTypeErrors(pkg: KatonicPackage, logger: Logger): Promise<void> {
  try {
    for (const finding of await checkTypesApart(pkg))
      logger[levelOf(finding)](`${placeOf(finding)}: ${finding.message}`);
  } catch (thrown) {
    logger.warning(`the types were not checked: ${(thrown as Error).message}`);
  }
}

function levelOf({ severity }: Finding): 'error' | 'warning' {
  return severity === 'error' ? 'error' : 'warning';
}
