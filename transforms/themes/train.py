"""Learn the classifier anew, and write it as text: the same corpus gives the same file.

python -m transforms.themes.train ../shared/corpus
"""

from __future__ import annotations

import sys
from pathlib import Path

from transforms.themes.classifier import MODEL, write_model
from transforms.themes.corpus import TRUTH, others, truth
from transforms.themes.judge import calibrated, cross_validated
from transforms.themes.learn import learn


def main(corpus: Path) -> None:
    """Learn from all the texts of `corpus`, calibrate by cross-validation, and write the model of the package."""
    gold, rest = truth(corpus / TRUTH), others(corpus)
    model = calibrated(learn([*gold, *rest]), cross_validated(gold, rest))
    write_model(model, MODEL)
    print(f"{MODEL}: {len(model.weights):,} features, threshold {model.threshold}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
