"""``gezhi text``: train, measure and list the classifiers of free text."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from ..text import LOCALE, Trouble, _, english

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help=_("文本分类：训练、评测、查看模型"))
def command() -> None:
    """The group."""


def _told(work: Callable[[], Any]) -> Any:
    """Run the work; what the house refuses becomes a message with its remedy."""
    from gezhi.kernel.errors import GezhiError

    try:
        return work()
    except GezhiError as error:
        raise Trouble(str(error), str(getattr(error, "hint", "") or "")) from error


def _say(line: str) -> None:
    click.echo(line, err=True)


def _words() -> None:
    """Words of the house in the operator's language, and no more of Django: measuring needs no database, and the
    registers would take more memory (127 MB) than the classifier."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True, LANGUAGE_CODE="en" if english() else "zh-hans", LOCALE_PATHS=[LOCALE])
        django.setup(set_prefix=False)


def _application() -> AbstractContextManager[Any]:
    """The whole house with its database, read only by the commands that need it."""
    from ..database import application

    return application(click.echo)


@command.command(help=_("评测：用一个文件训练、另一个文件测试，或交叉验证。最后一行是一个 JSON 对象。"))
@click.option("--train", "train_path", type=FILE, required=True, help=_("训练样本，列 label,text"))
@click.option("--test", "test_path", type=FILE, help=_("测试样本，列 label,text"))
@click.option("--unlabelled", type=FILE, multiple=True,
              help=_("没有标签的文本（列 text 或 title,content），可多次给出"))
@click.option("--folds", type=click.IntRange(2, 20), help=_("交叉验证的折数，代替 --test"))
@click.option("--repeat", type=click.IntRange(1, 20), default=1, show_default=True, help=_("交叉验证重复次数"))
@click.option("--seed", type=int, default=0, show_default=True, help=_("随机种子"))
def evaluate(*, train_path: Path, test_path: Path | None, unlabelled: tuple[Path, ...], folds: int | None,
             repeat: int, seed: int) -> None:
    """Print progress on standard error and the figures as the last line of standard output."""
    if (test_path is None) == (folds is None):
        raise click.UsageError(_("请给出 --test 或 --folds 其中之一"))
    _words()
    from gezhi.engines.text import corpus, measure
    from gezhi.foundation.catalogue.reference import matters

    def work() -> dict[str, Any]:
        given = corpus.examples(train_path)
        more = [text for path in unlabelled for text in corpus.texts(path)]
        if folds is not None:
            return measure.crossed(given, more, lines=matters(), count=folds, seeds=range(seed, seed + repeat),
                                   say=_say)
        assert test_path is not None
        return measure.on_test(given, corpus.examples(test_path), more, lines=matters(), seed=seed, say=_say)[1]

    found = _told(work)
    for label, one in found["per_class"].items():
        click.echo(f"{one['f1']:.3f}  P {one['precision']:.3f}  R {one['recall']:.3f}  n {one['n']:>6}  {label}")
    for pair in found["confusions"][:10]:
        click.echo(f"{pair['n']:>5}  {pair['right']} → {pair['said']}")
    click.echo(json.dumps(found, ensure_ascii=False))


@command.command(help=_("用本市历史（或样本文件）训练下一版模型；启用前不影响任何案件。"))
@click.option("--purpose", type=click.Choice(["item", "unit"]), default="item", show_default=True,
              help=_("item 事项分类；unit 承办单位"))
@click.option("--from", "path", type=FILE, help=_("改用样本文件训练，列 label,text（label 为事项代码或单位编号）"))
@click.option("--activate", is_flag=True, help=_("训练后立即启用"))
@click.option("--seed", type=int, default=0, show_default=True, help=_("随机种子"))
def train(*, purpose: str, path: Path | None, activate: bool, seed: int) -> None:
    """Train, measure, keep; print the version and its figures."""
    with _application():
        from gezhi.engines.text import corpus
        from gezhi.engines.text.lessons import Lesson, learn
        from gezhi.engines.workflow.act import act
        from gezhi.kernel.actors import SYSTEM

        def work() -> Any:
            given = [Lesson(e.label, e.text) for e in corpus.examples(path)] if path else None
            made = learn(SYSTEM, purpose, seed=seed, say=_say, given=given)
            return act(SYSTEM, made, "activate", {}) if activate else made

        _line(_told(work))


@command.command(help=_("列出模型的版本、状态和评测数字。"))
def models() -> None:
    """One line a model, the newest first."""
    with _application():
        from gezhi.engines.text.models import TextModel

        found = list(TextModel.objects.order_by("-id")[:50])
        for model in found:
            _line(model)
        if not found:
            click.echo(_("还没有模型，请执行 gezhi text train。"))


@command.command(help=_("启用一个模型版本，同一用途原来的版本随即停用。"))
@click.argument("code")
def activate(*, code: str) -> None:
    """Take a version into use."""
    with _application():
        from gezhi.engines.text.models import TextModel
        from gezhi.engines.workflow.act import act
        from gezhi.kernel.actors import SYSTEM

        model = TextModel.objects.filter(code=code).first()
        if model is None:
            raise Trouble(_("没有这个模型：%s") % code, _("请用 gezhi text models 查看。"))
        _line(_told(lambda: act(SYSTEM, model, "activate", {})))


def _line(model: Any) -> None:
    def said(value: float | None) -> str:
        return "—" if value is None else f"{value:.3f}"

    click.echo(_("%(code)s  %(state)s  样本 %(n)d（更正 %(fixed)d）  类别 %(classes)d  宏平均 F1 %(f1)s  "
                 "准确率 %(right)s  把握误差 %(gap)s  %(ms)s 毫秒/条  %(kb)d KB") % {
        "code": model.code, "state": model.get_status_display(), "n": model.examples, "fixed": model.corrections,
        "classes": model.classes, "f1": said(model.macro_f1), "right": said(model.accuracy),
        "gap": said(model.calibration_error), "ms": said(model.ms_per_message), "kb": model.size // 1024})
