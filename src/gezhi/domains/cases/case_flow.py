"""States and moves of a case: transitions T1 to T45 of case_lifecycle.md 3.1. Effects are in ``moves``."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import Amount, AreaCodeField, Files, Ref, Rows, SealedField
from gezhi.kernel.workflow import ANY, ANY_OPEN, SYSTEM_ONLY, Ask, Move, State, Workflow

from . import codes
from .moves import callback as on_callback
from .moves import dispatch as on_dispatch
from .moves import intake, oversee, review, screen, settle, verify
from .moves import merge as on_merge
from .oversight.card import CardFlow
from .oversight.orders import on_case, was_filed
from .oversight.remark import WRITERS, RemarkFlow
from .oversight.supervision import ISSUERS, SupervisionFlow
from .tools import VIEWERS, not_hard, opinion, reason

REPORT, FILE, DISPATCH = _("上报"), _("立案"), _("派遣")
HANDLE, FEEDBACK, CLOSE = _("处置"), _("反馈"), _("结案")
EVERYBODY = ("public:all grid_member:all grid_leader:all acceptor:all dispatcher:all shift_leader:all "
             "unit_clerk:all handler:all supervisor:all reviewer:all leader:all app:all")


def char(name: str, label: Any, length: int, **kw: Any) -> Ask:
    return Ask(name, models.CharField(label, max_length=length, blank=True, default="", **kw))


def choice(name: str, label: Any, choices: list, *, blank: bool = True, default: str = "") -> Ask:
    return Ask(name, models.CharField(label, max_length=20, choices=choices, blank=blank, default=default)
               if blank else models.CharField(label, max_length=20, choices=choices))


def flag(name: str, label: Any) -> Ask:
    return Ask(name, models.BooleanField(label, default=False))


def what_is_reported(*, photos: int = 0, role: str = "before") -> tuple[Ask, ...]:
    """Inputs of a report."""
    return (
        choice("channel", _("来源渠道"), codes.CHANNELS, blank=False), char("title", _("标题"), 120),
        Ask("content", models.TextField(_("诉求内容"), max_length=8000)), char("address", _("事发地址"), 200),
        Ask("place", PointField(_("位置"), null=True, blank=True)), Ask("area_code", AreaCodeField(_("区域"))),
        char("item_code", _("事项代码"), 16), choice("demand", _("诉求类型"), codes.DEMANDS, default="other"),
        choice("urgency", _("紧急程度"), codes.URGENCIES, default="normal"),
        Ask("reporter_name", SealedField(_("反映人"), form="name")),
        Ask("reporter_phone", SealedField(_("联系电话"), form="phone")),
        flag("anonymous", _("匿名")), flag("secret", _("保密")),
        Ask("photos", Files(_("照片、录音或视频"), least=photos, role=role)),
        char("source", _("来源系统"), 40), char("source_key", _("来源编号"), 80),
    )


def proposed(case: object, actor: object) -> object:
    """The suggested item, when the form is opened."""
    from .understand import proposed_item

    return proposed_item(case, actor)


def proposed_place(case: object, actor: object) -> object:
    """The point read in the words, when the form is opened and the case has none."""
    from .locate import proposed_point

    return proposed_point(case, actor)


def facts(*, item_required: bool) -> tuple[Ask, ...]:
    """Inputs by which an acceptor completes or corrects a case."""
    item = Ask("item_code", models.CharField(_("事项"), max_length=16), proposed) if item_required else char(
        "item_code", _("事项"), 16)
    return (
        item, char("title", _("标题"), 120), char("address", _("事发地址"), 200),
        Ask("place", PointField(_("位置"), null=True, blank=True), proposed_place),
        Ask("area_code", AreaCodeField(_("区域"))), choice("urgency", _("紧急程度"), codes.URGENCIES),
        choice("demand", _("诉求类型"), codes.DEMANDS),
        Ask("labels", models.JSONField(_("标签"), default=list, blank=True)),
    )


def plan() -> tuple[Ask, ...]:
    """Inputs of every move that gives a case to units."""
    return (
        choice("mode", _("处置方式"), codes.MODES, default="single"),
        Ask("unit", Ref(_("承办（主办）单位"), register="unit", blank=True)),
        Ask("others", Ref(_("协办或并联单位"), register="unit", many=True, blank=True)),
        Ask("steps", Rows(_("办理步骤"), of=(("unit", Ref(_("单位"), register="unit")),
                                         ("limit", Amount(_("时限"), blank=True)),
                                         ("remark", models.CharField(_("要求"), max_length=200, blank=True,
                                                                     default=""))))),
        Ask("limit", Amount(_("处置时限"), blank=True)), Ask("other_limit", Amount(_("协办时限"), blank=True)),
        Ask("enough", models.PositiveSmallIntegerField(_("并联办所需份数"), null=True, blank=True)),
        opinion(_("派遣要求"), blank=True),
    )


def master() -> Ask:
    return Ask("master", Ref(_("主案件"), register="case"))


class CaseFlow(Workflow):
    """The case; ``hard`` is an overlay flag with a sub-flow of its own (``hard.py``)."""

    clocks = ("accept", "verification", "dispatch", "handle", "review", "inspection", "callback", "archive", "total")

    draft = State(_("草稿"), REPORT, "wait")
    reported = State(_("待受理"), REPORT, "wait", clock="accept")
    verifying = State(_("核实中"), REPORT, clock="verification")
    registered = State(_("待立案"), FILE, "wait", clock="accept")
    pending_dispatch = State(_("待派遣"), DISPATCH, "wait", clock="dispatch")
    pending_coordination = State(_("待协调"), DISPATCH, "wait", clock="dispatch")
    pending_sign = State(_("待签收"), HANDLE, "wait", clock="handle")
    handling = State(_("办理中"), HANDLE, clock="handle")
    suspended = State(_("挂起"), HANDLE, "pause", clock="handle")
    pending_unit_review = State(_("待单位审核"), HANDLE, clock="handle")
    pending_review = State(_("待结果审核"), FEEDBACK, "wait", clock="review")
    inspecting = State(_("核查中"), FEEDBACK, clock="inspection")
    pending_callback = State(_("待回访"), FEEDBACK, "wait", clock="callback")
    pending_close = State(_("待结案"), CLOSE, "wait", clock="archive")
    closed = State(_("已结案"), CLOSE, "done", final=True)
    archived = State(_("已归档"), CLOSE, "done", final=True)
    rejected = State(_("不予受理"), "", "stop", final=True)
    voided = State(_("已废止"), "", "stop", final=True)
    merged = State(_("已并案"), "", "stop", final=True)
    replied = State(_("直接答复办结"), CLOSE, "done", final=True)
    withdrawn = State(_("已撤单"), "", "stop", final=True)
    returned_external = State(_("退回来源系统"), "", "stop", final=True)

    desks = {
        "acceptor": ("draft", "reported", "registered"), "dispatcher": ("pending_dispatch",),
        "shift_leader": ("pending_coordination",), "reviewer": ("pending_review", "pending_close"),
        "callback_agent": ("pending_callback",), "archivist": ("closed",),
        "grid_member": ("draft",),  # withdrawing what one reported is possible, not a duty
    }

    # -- intake -------------------------------------------------------------------------------------------
    save_draft = Move(_("存草稿"), to=draft, who=EVERYBODY, ask=what_is_reported(), run=intake.report, quiet=True)
    submit_draft = Move(_("提交"), source=(draft,), to=reported, who="public:own grid_member:own acceptor:own",
                        run=intake.submit_draft, clock="start:accept", tone="primary", public=True)
    report = Move(_("上报"), to=reported, who=EVERYBODY, ask=what_is_reported(), run=intake.report, tone="primary",
                  public=True)
    self_handle = Move(_("自行处置"), to=pending_close, who="grid_member:all", run=intake.self_handle, public=True,
                       ask=(*what_is_reported(photos=1),
                            Ask("after", Files(_("处置后照片"), kinds="image video", least=1, role="after")),
                            char("result", _("处置情况"), 500)))
    supplement = Move(_("补充"), source=ANY_OPEN, who="public:own acceptor:centre grid_member:own", public=True,
                      run=intake.supplement,
                      ask=(opinion(_("补充内容")), Ask("photos", Files(_("附件")))))

    # -- screening ----------------------------------------------------------------------------------------
    complete = Move(_("完善登记"), source=(reported,), to=registered, who="acceptor:centre", tone="primary",
                    ask=facts(item_required=True), run=screen.complete)
    auto_classify = Move(_("自动分类"), source=(reported,), to=registered, who=SYSTEM_ONLY, run=screen.auto_classify,
                         ask=(Ask("item_code", models.CharField(_("事项"), max_length=16)),
                              Ask("confidence", models.FloatField(_("把握")))))
    mark_signs = Move(_("识别警示"), source=(reported,), who=SYSTEM_ONLY, run=screen.mark_signs, clock="start:accept",
                      ask=(choice("urgency", _("紧急程度"), codes.URGENCIES),
                           Ask("labels", models.JSONField(_("标签"), default=list, blank=True)),
                           opinion(_("依据"))))
    amend = Move(_("更正信息"), source=(reported, registered, pending_dispatch, pending_coordination),
                 who="acceptor:centre dispatcher:centre", ask=facts(item_required=False), run=screen.amend)
    request_verification = Move(
        _("发送核实"), source=(reported, registered), to=verifying, who="acceptor:centre", run=verify.request,
        clock="pause:accept start:verification",
        ask=(Ask("post", Ref(_("网格员"), register="post", blank=True)), opinion(_("核实要求"), blank=True)))
    submit_verification = Move(_("核实反馈"), source=(verifying,), to=registered, who=SYSTEM_ONLY, public=True,
                               ask=(reason(codes.TRUENESS, "trueness", _("核实结论")), opinion()),
                               run=verify.verified, clock="stop:verification resume:accept")
    verification_lapsed = Move(_("核实超时收回"), source=(verifying,), to=registered, who="acceptor:centre",
                               ask=(opinion(blank=True),), run=verify.lapsed,
                               clock="stop:verification resume:accept")
    file = Move(_("立案"), source=(registered,), to=pending_dispatch, who="acceptor:centre", tone="primary",
                public=True,
                ask=(char("condition", _("立案条件"), 200), choice("urgency", _("紧急程度"), codes.URGENCIES),
                     Ask("limit", Amount(_("处置时限"), blank=True)),
                     flag("no_duplicate", _("已查重，不是重复案件")), flag("public_visible", _("办理情况可公开")),
                     opinion(blank=True)),
                when=screen.can_file, run=screen.file, clock="stop:accept start:dispatch start:total")
    entrust = Move(_("依法立案"), source=(reported,), to=pending_dispatch, who=SYSTEM_ONLY, public=True,
                   ask=(Ask("limit", Amount(_("法定时限"))), opinion(_("依据"))), run=screen.entrust,
                   clock="stop:accept start:dispatch start:total")
    reject = Move(_("不予受理"), source=(reported, registered), to=rejected, who="acceptor:centre", tone="danger",
                  ask=(reason(codes.REJECT), Ask("reply", models.TextField(_("答复内容"), max_length=4000))),
                  run=screen.reject, clock="stop:accept", public=True)
    direct_reply = Move(_("直接答复"), source=(reported, registered, pending_dispatch), to=replied, public=True,
                        who="acceptor:centre dispatcher:centre", run=screen.direct_reply,
                        ask=(Ask("reply", models.TextField(_("答复内容"), max_length=8000)),
                             char("knowledge", _("引用的知识"), 200)),
                        clock="stop:accept stop:dispatch stop:total")
    void_duplicate = Move(_("废止"), source=(registered, pending_dispatch), to=voided, tone="danger", public=True,
                          who="acceptor:centre", run=on_merge.void, clock="stop:accept stop:dispatch stop:total",
                          ask=(reason(codes.VOID), Ask("master", Ref(_("主案件"), register="case", blank=True)),
                               Ask("similarity", models.FloatField(_("相似度"), null=True, blank=True)),
                               flag("confirmed", _("已人工核对")), opinion(blank=True)))
    merge = Move(_("并案"), source=ANY_OPEN, to=merged, who="acceptor:centre dispatcher:centre",
                 ask=(master(), opinion(blank=True)), run=on_merge.merge, public=True)
    unmerge = Move(_("取消并案"), source=(merged,), to=(
        reported, registered, verifying, pending_dispatch, pending_coordination, pending_sign, handling, suspended,
        pending_unit_review, pending_review, inspecting, pending_callback, pending_close),
        who="shift_leader:centre", ask=(opinion(),), run=on_merge.unmerge, public=True)
    withdraw = Move(_("撤单"), source=(reported, registered, pending_dispatch), to=withdrawn, run=screen.withdraw,
                    who="public:own acceptor:centre grid_member:own", ask=(opinion(_("撤单原因")),), public=True,
                    clock="stop:accept stop:dispatch stop:total")
    return_external = Move(_("退回来源系统"), source=(registered, pending_dispatch), to=returned_external,
                           who="reviewer:centre dispatcher:centre acceptor:centre", tone="danger",
                           ask=(reason(codes.EXTERNAL), opinion()), when=screen.has_source,
                           run=screen.return_external, clock="stop:accept stop:dispatch stop:total")
    answer_follower = Move(_("随主案件答复"), source=(merged, voided), who=SYSTEM_ONLY, public=True,
                           ask=(Ask("reply", models.TextField(_("答复内容"), max_length=8000)),
                                reason(codes.OUTCOME, "outcome", blank=True)), run=on_merge.answered)

    # -- dispatch -----------------------------------------------------------------------------------------
    auto_dispatch = Move(_("自动派遣"), source=(pending_dispatch,), to=pending_sign, who=SYSTEM_ONLY, public=True,
                         ask=(Ask("unit", Ref(_("承办单位"), register="unit")), char("rule", _("权责清单行"), 40),
                              char("rule_version", _("清单版本"), 20), opinion(_("派遣依据"))),
                         run=on_dispatch.auto, clock="stop:dispatch start:handle")
    dispatch = Move(_("派遣"), source=(pending_dispatch,), to=pending_sign, who="dispatcher:centre", tone="primary",
                    ask=plan(), run=on_dispatch.dispatch, clock="stop:dispatch start:handle", public=True)
    dispatch_more = Move(_("补充派遣"), source=(pending_sign, handling), who="dispatcher:centre", run=on_dispatch.more,
                         when=on_dispatch.can_add, ask=(Ask("unit", Ref(_("承办单位"), register="unit")),
                                                     Ask("limit", Amount(_("处置时限"), blank=True)),
                                                     opinion(_("派遣要求"), blank=True)))
    transfer = Move(_("转派上级或下级中心"), source=(pending_dispatch,), to=pending_dispatch, who="dispatcher:centre",
                    ask=(Ask("centre", Ref(_("目标中心"), register="unit", where={"kind": "centre"})), opinion()),
                    run=on_dispatch.transfer, clock="restart:dispatch")
    request_coordination = Move(_("提请协调"), source=(pending_dispatch,), to=pending_coordination,
                                who="dispatcher:centre", ask=(opinion(),))
    coordinate = Move(_("协调"), source=(pending_coordination,), who="shift_leader:centre",
                      to=(pending_sign, pending_coordination, pending_dispatch), run=on_dispatch.coordinate,
                      when=not_hard,
                      ask=(reason(codes.COORDINATED, "decision", _("协调结论")), *plan()))
    return_to_acceptor = Move(_("退回受理"), source=(pending_dispatch,), to=registered, who="dispatcher:centre",
                              ask=(opinion(),), run=on_dispatch.back,
                              clock="stop:dispatch start:accept")
    reassign = Move(_("改派"), source=(pending_sign, handling), to=pending_sign, who="dispatcher:centre",
                    when=on_dispatch.may_reassign, run=on_dispatch.reassign, clock="start:handle",
                    ask=(*plan()[:-1], opinion(_("改派原因"))))

    # -- handling: the case follows its orders -----------------------------------------------------------
    advance = Move(_("随工单推进"), source=(pending_sign, handling, suspended, pending_unit_review),
                   to=(pending_sign, handling, suspended, pending_unit_review, pending_review, pending_dispatch),
                   who=SYSTEM_ONLY, run=settle.advance, public=True)
    mark_hard = Move(_("转疑难"), source=(pending_coordination, handling, pending_review), when=not_hard,
                     who="shift_leader:centre dispatcher:centre", ask=(opinion(_("疑难原因")),), run=oversee.mark_hard)
    hard_confirmed = Move(_("疑难认定"), source=ANY_OPEN, who=SYSTEM_ONLY, run=oversee.hard_on, public=True)
    hard_over = Move(_("疑难办结"), source=ANY_OPEN, to=(pending_sign, handling, pending_coordination, pending_review,
                                                   pending_dispatch, suspended, pending_unit_review),
                     who=SYSTEM_ONLY, ask=plan(), run=oversee.hard_over)

    # -- result -------------------------------------------------------------------------------------------
    review_pass = Move(_("审核通过"), source=(pending_review,), to=(inspecting, pending_callback, pending_close),
                       who="reviewer:centre", tone="primary", when=review.may_review, run=review.passed,
                       ask=(choice("inspect", _("现场核查"), [("yes", _("要")), ("no", _("不要"))]),
                            Ask("post", Ref(_("核查的网格员"), register="post", blank=True)),
                            Ask("reply", models.TextField(_("对外答复（留空即采用承办单位的答复）"), max_length=8000,
                                                          blank=True, default="")), opinion(blank=True)))
    review_return = Move(_("退回重办"), source=(pending_review,), to=handling, who="reviewer:centre",
                         when=review.may_review, run=review.sent_back, clock="stop:review start:handle",
                         ask=(opinion(_("不足之处")), Ask("orders", Ref(_("退回的工单"), register="work_order",
                                                                 many=True, blank=True))))
    submit_inspection = Move(_("核查反馈"), source=(inspecting,), to=(pending_callback, pending_review, pending_close),
                             who=SYSTEM_ONLY, ask=(reason(codes.SOLVED, "solved", _("核查结论")), opinion()),
                             run=verify.inspected, public=True)
    inspection_lapsed = Move(_("核查超时收回"), source=(inspecting,), to=pending_review, who="reviewer:centre",
                             ask=(opinion(blank=True),), run=verify.lapsed,
                             clock="stop:inspection resume:review")
    callback = Move(_("回访"), source=(pending_callback,), to=(pending_callback, pending_close, pending_dispatch),
                    who="callback_agent:centre", when=on_callback.may_call, run=on_callback.call, tone="primary",
                    public=True,
                    ask=(Ask("reached", models.BooleanField(_("接通"), default=False)),
                         choice("contacted", _("办理单位是否与您联系"), [("yes", _("是")), ("no", _("否"))]),
                         choice("solved", _("问题是否解决"), codes.SOLVED),
                         Ask("satisfaction", models.SmallIntegerField(_("对结果满意度"), choices=codes.SCORES,
                                                                      null=True, blank=True)),
                         Ask("attitude", models.SmallIntegerField(_("对态度满意度"), choices=codes.SCORES, null=True,
                                                                  blank=True)),
                         flag("again", _("需要重新办理")), opinion(_("反映人意见"), blank=True)))
    rate = Move(_("评价"), source=(pending_callback, pending_close, closed, replied), who="public:own", public=True,
                tone="primary",
                run=on_callback.rate, when=on_callback.may_rate,
                ask=(reason(codes.SOLVED, "solved", _("问题是否解决")),
                     Ask("satisfaction", models.SmallIntegerField(_("对结果满意度"), choices=codes.SCORES[:-1])),
                     Ask("attitude", models.SmallIntegerField(_("对态度满意度"), choices=codes.SCORES[:-1], null=True,
                                                              blank=True)), opinion(_("评价内容"), blank=True)))
    ask_redo = Move(_("要求重新办理"), source=(pending_callback, pending_close), to=pending_dispatch, who="public:own",
                    public=True, ask=(opinion(_("原因")),), when=on_callback.may_ask_redo, run=on_callback.ask_redo,
                    clock="stop:callback stop:archive start:dispatch")
    redo = Move(_("重派"), source=(pending_dispatch, pending_callback, pending_close), to=pending_sign,
                who="dispatcher:centre", when=on_dispatch.can_redo, run=on_dispatch.redo, public=True,
                ask=(reason(codes.REDO), *plan()),
                clock="stop:callback stop:archive stop:dispatch start:handle")
    auto_close = Move(_("逾期未评价自动结案"), source=(pending_callback,), to=closed, who=SYSTEM_ONLY, public=True,
                      run=on_callback.auto_close, clock="stop:callback stop:total")
    confirm_self_handled = Move(_("确认自行处置"), source=(pending_close,), to=closed, who="grid_leader:area",
                                when=review.is_self_handled, run=review.close, ask=(opinion(blank=True),),
                                clock="stop:archive stop:total", public=True)
    close = Move(_("结案"), source=(pending_close,), to=closed, tone="primary",
                 who="reviewer:centre shift_leader:centre", ask=(opinion(blank=True),), when=review.may_close,
                 run=review.close, clock="stop:archive stop:total", public=True)
    archive = Move(_("归档"), source=(closed,), to=archived, who="archivist:centre", ask=(opinion(blank=True),),
                   when=review.complete, run=review.archive)
    archive_return = Move(_("归档退回"), source=(pending_close, closed), to=(inspecting, pending_review),
                          who="archivist:centre", run=review.archive_return, when=review.was_handled,
                          ask=(choice("target", _("退回到"), [("review", _("结果审核")), ("inspection", _("现场核查"))],
                                      default="review"), opinion(_("缺少的内容"))))
    reopen = Move(_("重新办理"), source=(closed,), to=pending_dispatch, who="shift_leader:centre", ask=(opinion(),),
                  when=review.may_reopen, run=review.reopen, clock="start:dispatch start:total", public=True)

    # -- above the line -----------------------------------------------------------------------------------
    instruct = Move(_("批示"), source=ANY_OPEN, who="leader:area", run=oversee.instruct,
                    ask=(opinion(_("批示内容")),
                         Ask("targets", Ref(_("责成单位"), register="unit", many=True, blank=True)),
                         Ask("due", models.DateTimeField(_("回复期限"), null=True, blank=True))))
    urge = Move(_("催办"), source=ANY_OPEN, run=oversee.urge, when=oversee.may_urge, public=True,
                who="public:own acceptor:centre dispatcher:centre shift_leader:centre supervisor:centre leader:area",
                ask=(opinion(_("催办内容"), blank=True),))
    remark = Move(_("备注"), source=ANY_OPEN, quiet=True, ask=(opinion(_("备注")),), run=oversee.remark,
                  who="acceptor:centre dispatcher:centre shift_leader:centre reviewer:centre callback_agent:centre "
                      "supervisor:centre archivist:centre unit_clerk:unit handler:unit leader:area")
    supervise = Move(_("督办"), source=ANY_OPEN, who=ISSUERS, ask=SupervisionFlow.issue.ask[1:], quiet=True,
                     run=on_case("SupervisionOrder", "issue"))
    give_card = Move(_("发牌"), source=ANY, who=CardFlow.issue.who, ask=CardFlow.issue.ask[1:], quiet=True,
                     tone="danger", when=was_filed, run=on_case("Card", "issue"))
    say = Move(_("监督意见"), source=ANY, who=WRITERS.replace(":concerned", ":unit"), ask=RemarkFlow.leave.ask[1:],
               quiet=True, when=was_filed, run=on_case("Remark", "leave"))
    follow = Move(_("关注"), source=ANY_OPEN, who=VIEWERS, quiet=True, run=oversee.follow,
                  when=oversee.not_following)
    unfollow = Move(_("取消关注"), source="any", who=VIEWERS, quiet=True, run=oversee.unfollow,
                    when=oversee.is_following)
    propose_force_close = Move(_("申请强制结案"), source=ANY_OPEN, who="shift_leader:centre", tone="danger",
                               ask=(reason(codes.FORCE), opinion()), run=oversee.propose_force)
    force_close = Move(_("强制结案"), source=ANY_OPEN, to=closed, who=SYSTEM_ONLY, run=oversee.force_close,
                       ask=(reason(codes.FORCE), opinion()), tone="danger", public=True)
