"""The classifier on a small language of our own: learning, calibration, storage, measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gezhi.engines.text import corpus, features, grams, matters, measure, model, train
from gezhi.engines.text.model import Guess
from gezhi.engines.text.tests.grammar import sentences
from gezhi.kernel.errors import Invalid

ROOT = Path(__file__).resolve().parents[5]
REAL = Path(os.environ.get("GEZHI_SHARED_DATA") or ROOT.parent / "shared" / "data")


def examples(count: int, seed: int = 1) -> list[train.Example]:
    return [train.Example(label, text) for label, text in sentences(count, seed)]


@pytest.fixture(scope="module")
def trained() -> model.Classifier:
    return train.train(examples(160), [t for _l, t in sentences(80, 9)], seed=3)


def test_it_learns_and_says_how_sure_it_is(trained):
    guesses, _ms = measure.measured(trained, examples(200, 7))
    found = measure.figures([e.label for e in examples(200, 7)], guesses)
    assert found["macro_f1"] > 0.9 and found["calibration_error"] < 0.12
    best = trained.guesses("和乐里8号今天早上水管漏水，盼回复。")[0]
    assert best.label == "供水" and 0.5 < best.confidence <= 1
    assert abs(sum(g.confidence for g in trained.guesses("水管漏水", 9)) - 1) < 0.01


def test_a_text_without_a_known_mark_gets_no_guess(trained):
    assert trained.guesses("") == [] and trained.guesses("ΩΨΞ") == []


def test_the_same_input_gives_the_same_model(trained):
    again = train.train(examples(160), [t for _l, t in sentences(80, 9)], seed=3)
    assert again.save() == trained.save()


def test_a_saved_model_says_the_same(trained):
    back = model.load(trained.save())
    assert back.labels == trained.labels and back.facts == trained.facts and back.bias == trained.bias != ()
    for _label, text in sentences(20, 5):
        assert back.guesses(text) == trained.guesses(text)


def test_bytes_that_are_no_model_are_refused_and_nothing_in_them_runs(trained, tmp_path):
    import io
    import pickle

    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    out = io.BytesIO()
    np.savez(out, allow_pickle=True, head=np.array([Trap()], dtype=object))
    data = trained.save()
    for wrong in (b"", b"junk", pickle.dumps(Trap()), out.getvalue(), data[: len(data) // 2]):
        with pytest.raises(Invalid):
            model.load(wrong)
    assert not (tmp_path / "ran").exists()


def test_arrays_that_do_not_fit_are_refused(trained):
    wrong = model.Classifier((*trained.labels, "多余"), trained.vocabulary, trained.weights)
    with pytest.raises(Invalid):
        model.load(wrong.save())


def test_rare_classes_are_left_to_people_and_one_class_is_no_task():
    few = [*examples(80), train.Example("罕见", "只说过一次的事")]
    assert "罕见" not in train.train(few).labels
    with pytest.raises(Invalid):
        train.train([train.Example("一", "同一类") for _n in range(9)])


def test_a_correction_that_weighs_more_wins():
    doubted = "路口的铁皮柜嗡嗡响"
    plain = [*examples(80), *(train.Example(label, doubted, weight) for label, weight in (
        ("噪声", 1), ("供水", 1), ("供水", 1), ("噪声", 8), ("噪声", 8)))]
    assert train.train(plain).guesses(doubted)[0].label == "噪声"
    other = [train.Example(e.label, e.text, {8: 1}.get(e.weight, 8) if e.text == doubted else 1) for e in plain]
    assert train.train(other).guesses(doubted)[0].confidence != train.train(plain).guesses(doubted)[0].confidence


def test_calibration_finds_the_factor_and_the_leaning_of_each_class():
    dice = np.random.default_rng(1)
    honest = dice.normal(size=(6000, 3)).astype(np.float32)
    sums = model.shares(honest, 3.0).cumsum(1)
    classes = (dice.random((6000, 1)) > sums[:, :2]).sum(1)
    heat, bias = train.calibrate(honest - np.array([0.5, 0, -0.5], np.float32), classes, np.ones(6000, np.float32))
    assert abs(heat - 3) < 0.3 and np.abs(bias - np.array([1.5, 0, -1.5])).max() < 0.3


def test_a_mark_of_one_text_tells_of_new_texts_and_does_not_weigh_on_its_own():
    marked = [grams.marks(text, {}) for text in ("甲乙丙", "甲乙丁", "甲乙")]
    known, shared = features.learn(marked, {})
    matrix = known.matrix(marked, shared)
    lengths = np.asarray(matrix.power(2) @ shared.astype(np.float32))
    assert np.allclose(lengths, lengths[2]) and not shared.all()
    rare = [*examples(80), train.Example("噪声", "夔鼓从早敲到晚"), train.Example("供水", "龘泉干了")]
    learnt = train.train(rare)
    for text, label in (("夔", "噪声"), ("龘", "供水")):
        assert learnt.labels[int(learnt.scores(text).argmax())] == label


def test_a_line_of_words_says_what_is_alike():
    rows = [*examples(80), *(train.Example(label, "门前蜂鸣不断") for label in ("噪声", "垃圾", "工资", "供水"))]
    noise = train.train(rows).labels.index("噪声")
    said = [train.train(rows, lines=lines).scores("蜂鸣") for lines in ((), ["打桩 音响 电钻 唱歌 蜂鸣"])]
    leaning = [one[noise] - np.delete(one, noise).max() for one in said]
    assert leaning[1] > leaning[0] + 0.05 and said[1].argmax() == noise
    able, way = matters.directions(["音响 龘"], train.prepare([r.text for r in rows], (), (), 4, 0).vocabulary)
    assert len(able) and way.shape == (len(able), 1) and 0.99 < float((way * way).sum()) < 1.01


def test_folds_spread_every_class_evenly():
    classes = np.array([0] * 23 + [1] * 7)
    fold = train.folds(classes, 5, 2)
    for one in (0, 1):
        sizes = np.bincount(fold[classes == one], minlength=5)
        assert sizes.max() - sizes.min() <= 1


def test_figures_are_those_of_the_textbook():
    truth = ["a", "a", "a", "b"]
    said = [[Guess("a", 0.9)], [Guess("a", 0.9)], [Guess("b", 0.6)], []]
    found = measure.figures(truth, said)
    assert found["per_class"]["a"] == {"precision": 1.0, "recall": 0.6667, "f1": 0.8, "n": 3}
    assert found["per_class"]["b"]["f1"] == 0.0 and found["macro_f1"] == 0.4 and found["accuracy"] == 0.5
    assert {"right": "a", "said": "b", "n": 1} in found["confusions"]
    assert found["sure"]["0.85"] == {"answered": 0.5, "right": 1.0}


def test_marks_are_exact():
    found = grams.marks("甲乙甲乙", {})["body"]
    one = dict(zip(found[0].tolist(), found[1].tolist(), strict=True))
    a, b = ord("甲"), ord("乙")
    assert one[a] == 2 and one[a << 21 | b] == 2 and one[b << 21 | a] == 1 and one[(a << 21 | b) << 21 | a] == 1
    assert grams.plain("Ａ3区 12 号\n路") == "地区 0 号 路"


def test_a_file_without_the_columns_is_refused_by_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,text\n1,2\n", encoding="utf-8")
    with pytest.raises(Invalid, match="label"):
        corpus.examples(path)
    path.write_bytes("label,text\n噪声,吵\n".encode("gb18030"))
    with pytest.raises(Invalid):
        corpus.examples(path)


def test_the_command_ends_with_one_object(tmp_path):
    for name, seed in (("a", 1), ("b", 2)):
        lines = "\n".join(f"{label},{text}" for label, text in sentences(80, seed))
        (tmp_path / f"{name}.csv").write_text("label,text\n" + lines + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "gezhi", "text", "evaluate", "--train", tmp_path / "a.csv", "--test",
         tmp_path / "b.csv"],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["macro_f1"] > 0.8 and set(found["per_class"]) == {"噪声", "垃圾", "工资", "供水"}
    assert found["ms_per_message"] > 0 and found["peak_mb"] > 0


@pytest.mark.skipif(not (REAL / "messages" / "messages_labelled.csv").exists(),
                    reason="the real messages are not here: set GEZHI_SHARED_DATA or put them at ../shared/data")
def test_real_messages_are_told_apart():
    rows = corpus.examples(REAL / "messages" / "messages_labelled.csv")
    names = sorted({r.label for r in rows})
    fold = train.folds(np.array([names.index(r.label) for r in rows]), 5, 0)
    _model, found = measure.on_test([r for r, f in zip(rows, fold, strict=True) if f],
                                    [r for r, f in zip(rows, fold, strict=True) if not f])
    assert found["macro_f1"] > 0.86 and found["ms_per_message"] < 30
