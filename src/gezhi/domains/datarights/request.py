"""A person's request about their own data (个人信息请求): a case of its own, with a query code and a clock.

Who asks is proved, what is held is gathered, a copy is handed over, what is wrong is put right, what need not be kept
is erased; all within the term. The auditor answers; units put right what is theirs; what only the staff of a programme
may know of is answered by the unit that keeps it (``part``), and the request does not tell that there is such a thing.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.domains.cases import public as cases
from gezhi.engines.workflow.clocks import Timed
from gezhi.engines.workflow.lights import TIMED_FILTERS, LightKind
from gezhi.kernel.access import NOTHING, Reach, SameReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, Files, OwnNumberField, Ref, SealedField, public
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import Ask, Move, State, Workflow

from . import answering
from .words import ASKERS, GROUNDS, KINDS, PROOFS, RESULTS, SOURCE

TAKERS = "acceptor:all unit_clerk:all callback_agent:all auditor:all public:all"


def _choice(name: str, label: Any, choices: Any, **kw: Any) -> Ask:
    return Ask(name, models.CharField(label, max_length=10, choices=choices, **kw))


class RequestFlow(Workflow):
    """Taken in, proved, gathered, answered."""

    clocks = ("answer",)
    received = State(_("待核验身份"), stage=_("受理"), tone="wait", clock="answer")
    proved = State(_("身份已核验"), stage=_("办理"), clock="answer")
    gathered = State(_("待答复"), stage=_("办理"), tone="wait", clock="answer")
    correcting = State(_("更正中"), stage=_("办理"), clock="answer")
    answered = State(_("已答复"), stage=_("答复"), tone="done", final=True)

    take = Move(_("个人信息请求"), to=received, who=TAKERS, run=answering.taken, public=True,
                help=_("查阅、更正或删除政府掌握的本人信息；三十日内答复，不收费"), ask=(
        _choice("kind", _("请求"), KINDS), _choice("asker", _("提出人"), ASKERS, default="self"),
        Ask("name", SealedField(_("提出人姓名"), form="name", null=False, blank=False)),
        Ask("phone", SealedField(_("联系电话"), form="phone", null=False, blank=False)),
        Ask("subject_id_no", SealedField(_("信息所属人证件号码"), form="document", null=False, blank=False)),
        Ask("words", SealedField(_("具体内容"), null=False, blank=False,
                                 help_text=_("要查什么，哪里不对、应当是什么，或者为什么要求删除"))),
        Ask("photos", Files(_("证明材料"), kinds="image file", most=6))))
    prove = Move(_("核验身份"), source=(received,), to=proved, who="auditor:all unit_clerk:unit", tone="primary",
                 run=answering.proved, public=True, ask=(
        _choice("proof", _("核验方式"), PROOFS),
        Ask("opinion", models.CharField(_("说明"), max_length=200, blank=True))))
    unproved = Move(_("身份不符"), source=(received,), to=answered, who="auditor:all unit_clerk:unit",
                    clock="stop:answer", run=answering.unproved,
                    ask=(Ask("opinion", models.CharField(_("理由"), max_length=200)),))
    gather = Move(_("汇集信息"), source=(proved,), to=gathered, who="auditor:all", tone="primary", public=True,
                  run=answering.gathered)
    pass_on = Move(_("转单位更正"), source=(gathered,), to=correcting, who="auditor:all", run=answering.passed_on, ask=(
        Ask("unit", Ref(_("更正单位"), register="unit")),
        Ask("opinion", models.CharField(_("要更正的内容"), max_length=500))))
    corrected = Move(_("更正完成"), source=(correcting,), to=gathered, who="unit_clerk:work auditor:all",
                     tone="primary", ask=(Ask("opinion", models.CharField(_("更正情况"), max_length=500)),))
    answer = Move(_("答复"), source=(gathered,), to=answered, who="auditor:all", tone="primary", strong=True,
                  clock="stop:answer", run=answering.answered, public=True, ask=(
        _choice("result", _("结果"), RESULTS[:4]),
        _choice("ground", _("不予满足的理由"), GROUNDS, blank=True, default=""),
        Ask("reply", SealedField(_("答复内容"), null=False, blank=False)),
        Ask("erase", models.BooleanField(_("现在清除其个人信息"), default=False,
                                         help_text=_("仅用于删除请求；被封存的和仍在法定用途中的不清除")))))


class DataRequest(Timed, Record):
    """One request."""

    query_code = OwnNumberField(_("查询码"), prefix="G")
    kind = public(models.CharField(_("请求"), max_length=10, choices=KINDS))
    asker = models.CharField(_("提出人"), max_length=10, choices=ASKERS, default="self")
    name = SealedField(_("提出人姓名"), form="name")
    phone = SealedField(_("联系电话"), form="phone")
    subject_id_no = SealedField(_("信息所属人证件号码"), form="document")
    words = SealedField(_("具体内容"))
    person = models.ForeignKey("people.Person", models.SET_NULL, null=True, blank=True, related_name="+",
                               verbose_name=_("信息所属人"), editable=False)
    proof = models.CharField(_("核验方式"), max_length=10, choices=PROOFS, default="", blank=True)
    proved_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                  verbose_name=_("核验人"))
    found = models.JSONField(_("掌握的信息"), default=dict, blank=True, editable=False)
    status = models.CharField(_("状态"), max_length=10, choices=RequestFlow.choices(), default="received")
    result = public(models.CharField(_("结果"), max_length=10, choices=RESULTS, default="", blank=True))
    ground = models.CharField(_("不予满足的理由"), max_length=10, choices=GROUNDS, default="", blank=True)
    reply = SealedField(_("答复内容"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("登记单位"))
    work_unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                                  verbose_name=_("更正单位"))
    taken_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("登记人"))
    area_code = AreaCodeField(_("区域"))
    handed_at = models.DateTimeField(_("最近交付"), null=True, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="datarequest_due", condition=Q(finished_at=None)),
                   models.Index(fields=["unit", "-id"], name="datarequest_unit"),
                   models.Index(fields=["finished_at"], name="datarequest_finished")]

    def __str__(self) -> str:
        return f"{self.query_code} {self.get_kind_display()}"

    @property
    def stage(self) -> str:
        """The step the resident sees."""
        return str(RequestFlow.states()[self.status].stage)


def at_work(actor: Actor) -> Q:
    """What one's unit is to put right."""
    return Q(work_unit_id=actor.unit_id, status="correcting") if actor.unit_id is not None else NOTHING


class DataRequests(Register):
    """Seen by the auditor, by who took it in, and by the unit that is to put something right."""

    model, label, group, icon, key = DataRequest, _("个人信息请求"), "system", "user-search", "query_code"
    columns = "query_code kind asker status light due_at result unit work_unit created_at finished_at"
    filters = "query_code kind asker status result unit work_unit created_at due_at finished_at overtime"
    extra_filters = TIMED_FILTERS
    search = "query_code"
    virtual = {"light": LightKind()}
    reaches = {"own": SameReach("taken_by_id", "user_id"), "unit": SameReach("unit_id", "unit_id"),
               "work": Reach(at_work)}
    grants = {"view": "auditor:all acceptor:own callback_agent:own unit_clerk:unit unit_clerk:work",
              "reveal": "auditor:all unit_clerk:work", "export": "auditor:all"}
    flow = RequestFlow
    panels = (Panel("held", _("掌握的信息"), "desk/panels/data_request.html", answering.held,
                    when=lambda request, actor: bool(request.found) and actor.may("data_request.answer")),
              cases.panel_of(SOURCE, _("案件")))
    writable = False
