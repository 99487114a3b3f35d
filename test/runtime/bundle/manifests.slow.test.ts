import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packageContainer } from '../../../runtime/bundle/container.js';
import { makeVenv } from '../../platform/platform.js';
import { pythonOrSkip } from '../../platform/python.js';

const python = pythonOrSkip('the manifests against the models of KServe and Kubernetes') as string;
const PLAIN = fileURLToPath(new URL('./fixtures/plain', import.meta.url));

/** KServe has no schema in its wheel: its SDK's models read the manifest, and what they drop was not theirs. */
const SCRIPT = `
import json, sys, yaml
import kubernetes_validate
from kubernetes.client import ApiClient
from kserve import V1beta1InferenceService
import kserve.models as models

class Known(ApiClient):
    NATIVE = ApiClient.NATIVE_TYPES_MAPPING
    def _ApiClient__deserialize(self, data, klass):
        if isinstance(klass, str) and hasattr(models, klass):
            klass = getattr(models, klass)
        return super()._ApiClient__deserialize(data, klass)

with open(sys.argv[1]) as file:
    manifest = yaml.safe_load(file)
class Answer: data = json.dumps(manifest)
client = Known()
service = client.deserialize(Answer, V1beta1InferenceService)
back = client.sanitize_for_serialization(service)
assert back == manifest, "changed by KServe's models: %s" % json.dumps(back)

pod = {k: v for k, v in manifest["spec"]["predictor"].items()
       if k not in ("minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "timeout")}
kubernetes_validate.validate({"apiVersion": "v1", "kind": "Pod", "metadata": manifest["metadata"], "spec": pod}, "1.30", strict=True)
with open(sys.argv[2]) as file:
    compose = yaml.safe_load(file)
assert set(compose) == {"name", "services", "volumes"}, compose
print("ok")
`;

describe.skipIf(python === undefined)('the manifests of a container', () => {
  const root = mkdtempSync(join(tmpdir(), 'katonic-manifests-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('are what KServe and Kubernetes take', async () => {
    const out = join(root, 'out');
    await packageContainer(PLAIN, out);
    const inside = makeVenv(python, join(root, 'venv'), ['kserve', 'kubernetes-validate', 'pyyaml']);
    const files = ['inference-service.yaml', 'compose.yaml'].map((name) => join(out, name));
    const { stdout, stderr, status } = spawnSync(inside, ['-c', SCRIPT, ...files], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).toBe('ok');
  });
});
