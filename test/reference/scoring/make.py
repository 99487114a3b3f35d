"""Writes cases.json: what scikit-learn says about made-up labels, for test/runtime/feedback/scoring.test.ts.

    python3 -m venv /tmp/scoring && /tmp/scoring/bin/pip install -r requirements.txt
    /tmp/scoring/bin/python make.py

Seeded: the same scikit-learn writes the same file.
"""

import json
import math
import pathlib
import random
import warnings

import sklearn
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

warnings.filterwarnings("ignore")
rng = random.Random(20240607)


def pairs(classes, n, right, weights=None):
    actual = rng.choices(classes, weights=weights, k=n)
    return [(a if rng.random() < right else rng.choice(classes), a) for a in actual]


EDGES = {
    "the platform's own sample body": list(zip([1, 3, 4, 1, 1, 1, 3, 3, 4], [1, 3, 4, 3, 1, 1, 4, 3, 4])),
    "one label, right": [(1, 1)],
    "one label, wrong": [(1, 2)],
    "one class only, all right": [(3, 3)] * 7,
    "everything wrong": [(0, 1), (1, 0), (0, 1)],
    "a class never predicted": [(0, 0), (0, 1), (2, 2), (0, 1)],
    "a class predicted but never true": [(0, 0), (1, 0), (2, 2), (1, 2)],
    "one constant answer": [(1, a) for a in (0, 1, 2, 1, 1, 0)],
    "one constant truth": [(p, 1) for p in (0, 1, 2, 1, 1, 0)],
    "binary, balanced": [(0, 0)] * 40 + [(1, 1)] * 35 + [(1, 0)] * 10 + [(0, 1)] * 15,
    "binary, one in a thousand": [(0, 0)] * 9970 + [(1, 1)] * 6 + [(1, 0)] * 20 + [(0, 1)] * 4,
    "worse than chance": [(0, 1)] * 30 + [(1, 0)] * 28 + [(0, 0)] * 2,
    "negative codes": [(-1, -1), (-1, 1), (1, 1), (0, -1), (0, 0)],
    "text labels": [("cat", "cat"), ("dog", "cat"), ("dog", "dog"), ("bird", "dog")],
}


def number(value):
    value = float(value)
    return None if math.isnan(value) else value


def averages(actual, predicted, average):
    p, r, f, _ = precision_recall_fscore_support(actual, predicted, average=average, zero_division=0)
    return {"precision": number(p), "recall": number(r), "f1": number(f)}


def case(name, rows):
    predicted = [p for p, _ in rows]
    actual = [a for _, a in rows]
    labels = sorted(set(predicted) | set(actual))
    p, r, f, s = precision_recall_fscore_support(actual, predicted, labels=labels, zero_division=0)
    matrix = confusion_matrix(actual, predicted, labels=labels)
    counts = [
        [labels[j], labels[i], int(matrix[i][j])]
        for i in range(len(labels))
        for j in range(len(labels))
        if matrix[i][j]
    ]
    return {
        "name": name,
        "counts": counts,
        "labels": labels,
        "matrix": matrix.tolist(),
        "accuracy": accuracy_score(actual, predicted),
        "cohen_kappa": number(cohen_kappa_score(actual, predicted)),
        "mcc": number(matthews_corrcoef(actual, predicted)),
        "macro": averages(actual, predicted, "macro"),
        "weighted": averages(actual, predicted, "weighted"),
        "precision": p.tolist(),
        "recall": r.tolist(),
        "f1": f.tolist(),
        "support": [int(x) for x in s],
    }


cases = [case(name, rows) for name, rows in EDGES.items()]
for i in range(45):
    k = rng.choice([2, 2, 3, 4, 6, 10, 25])
    start = rng.choice([0, 1])
    classes = list(range(start, start + k))
    n = rng.choice([1, 2, 3, 5, 10, 50, 300, 2000])
    weights = [rng.random() ** 4 + 1e-6 for _ in classes] if rng.random() < 0.5 else None
    cases.append(case(f"random {i}: {k} classes, {n} labels", pairs(classes, n, rng.random(), weights)))
cases.append(case("random, 60 classes, 6000 labels", pairs(list(range(60)), 6000, 0.7)))

out = {"made_by": "make.py", "scikit-learn": sklearn.__version__, "cases": cases}
pathlib.Path(__file__).with_name("cases.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases by scikit-learn {sklearn.__version__}")
