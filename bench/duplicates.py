"""Precision and recall of the likeness of words, on pairs of real petitions that a person judged.

``judged_duplicates.csv`` holds pairs of message numbers of the 8th Teddy Cup's petitions (attachment 3; the texts are
not part of the project) and whether both are about the same matter at the same place, so that one case could hold
them. Pairs were drawn evenly from six bands of likeness (character n-grams), no message twice, copies of the same body
left out; so hard pairs are more frequent here than among a day's reports.

Usage: ``duplicates.py MESSAGES.csv`` (columns message_id, title, text). The last line is one JSON object.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))


def main(path: Path) -> None:
    """Print the curve: for thresholds, precision and recall of saying "the same" from there on."""
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
    import django

    django.setup()
    from gezhi.domains.cases.similar import likeness, rarity
    from gezhi.engines.search.words import tokenise

    with path.open(encoding="utf-8-sig", newline="") as lines:
        said = {row["message_id"]: f"{row['title']}\n{row['text']}" for row in csv.DictReader(lines)}
    with Path(__file__).with_name("judged_duplicates.csv").open(newline="") as lines:
        pairs = [(row["a"], row["b"], row["same"] == "1") for row in csv.DictReader(lines)]
    words = {key: tokenise(said[key]) for pair in pairs for key in pair[:2]}
    weigh = rarity(list(words.values()))
    scored = [(likeness(words[a], words[b], weigh), same) for a, b, same in pairs]
    all_same, curve = sum(same for _s, same in scored), []
    for threshold in (0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7):
        taken = [same for score, same in scored if score >= threshold]
        curve.append({"threshold": threshold, "precision": round(sum(taken) / max(1, len(taken)), 3),
                      "recall": round(sum(taken) / all_same, 3)})
        print(curve[-1])
    print(json.dumps({"pairs": len(pairs), "same": all_same, "curve": curve}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
