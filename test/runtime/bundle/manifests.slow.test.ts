import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packageContainer } from '../../../runtime/bundle/container.js';
import { clientTools } from '../../platform/environments.js';
import { pythonOrSkip } from '../../platform/python.js';

const python = pythonOrSkip('the manifests against the models of KServe and Kubernetes') as string;
const PLAIN = fileURLToPath(new URL('./fixtures/plain', import.meta.url));

/** KServe's wheel has no schema, but its models know their fields and types; what is Kubernetes' own has one. */
const SCRIPT = `
import sys, yaml
import kubernetes_validate
import kserve.models as models

def known(data, kind, at):
    """Builds KServe's model of the data: an unknown field or a missing one is an error."""
    if kind.startswith("list["):
        return [known(one, kind[5:-1], "%s[%d]" % (at, index)) for index, one in enumerate(data)]
    model = getattr(models, kind, None)
    if model is None:
        return data
    names = {there: here for here, there in model.attribute_map.items()}
    for key in data:
        assert key in names, "%s.%s is not of %s" % (at, key, kind)
    return model(**{names[key]: known(value, model.openapi_types[names[key]], "%s.%s" % (at, key)) for key, value in data.items()})

with open(sys.argv[1]) as file:
    manifest = yaml.safe_load(file)
service = known(manifest, "V1beta1InferenceService", "InferenceService")
assert service.spec.predictor.max_replicas == 4, service
try:
    known({"spec": {"predictor": {"minReplica": 1}}}, "V1beta1InferenceService", "InferenceService")
    raise SystemExit("a misspelt field was accepted")
except AssertionError:
    pass

ours = ("minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "timeout")
pod = {key: value for key, value in manifest["spec"]["predictor"].items() if key not in ours}
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
    const inside = await clientTools(python);
    const files = ['inference-service.yaml', 'compose.yaml'].map((name) => join(out, name));
    const { stdout, stderr, status } = spawnSync(inside, ['-c', SCRIPT, ...files], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).toBe('ok');
  });
});
