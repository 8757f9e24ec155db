"""States and moves of a work order (case_lifecycle.md 3.1 T19 to T30, section 4)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.fields import Amount, Files, Ref, Rows
from gezhi.kernel.workflow import ANY, SYSTEM_ONLY, Ask, Move, State, Workflow

from . import codes
from .moves import ask_leave, handle, orders, outside
from .tools import opinion, reason


def result_asks(*, reply: bool) -> tuple[Ask, ...]:
    """What a handler feeds back, and with ``reply`` what the unit tells the citizen."""
    text = models.TextField(_("处置情况"), max_length=8000, blank=reply, default="" if reply else models.NOT_PROVIDED)
    head = (Ask("result", text), reason(codes.OUTCOME, "outcome", _("办理结果")),
            Ask("before", Files(_("处置前照片"), kinds="image", role="before")),
            Ask("photos", Files(_("处置后照片或附件"), role="after")))
    if not reply:
        return head
    return (*head, Ask("reply", models.TextField(_("对反映人的答复"), max_length=8000)),
            reason(codes.CONTACT, "contact_method", _("与反映人联系方式")),
            Ask("contact_at", models.DateTimeField(_("联系时间"), null=True, blank=True)),
            Ask("override", models.CharField(_("协办未完成而先行报送的原因"), max_length=200, blank=True, default="")))


def outside_asks() -> tuple[Ask, ...]:
    """What another system, or somebody on the telephone, says of an order that is handled elsewhere."""
    return (reason(outside.STATES, "state", _("对方状态")),
            Ask("outside_no", models.CharField(_("对方编号"), max_length=60, blank=True, default="")),
            Ask("at", models.DateTimeField(_("对方状态时间"), null=True, blank=True)),
            Ask("result", models.TextField(_("处置情况或不接收的理由"), max_length=8000, blank=True, default="")),
            reason(codes.OUTCOME, "outcome", _("办理结果"), blank=True),
            Ask("reply", models.TextField(_("对反映人的答复"), max_length=8000, blank=True, default="")),
            reason(codes.CONTACT, "contact_method", _("与反映人联系方式"), blank=True),
            reason(codes.RETURN, "reason", _("不接收的类型"), blank=True),
            Ask("basis", models.CharField(_("法律或“三定”依据"), max_length=200, blank=True, default="")))


class OrderFlow(Workflow):
    """A work order; ``returning`` is an order whose unit asked to give it back."""

    clocks = ("sign", "handle")

    pending_sign = State(_("待签收"), tone="wait", clock="sign")
    handling = State(_("办理中"), clock="handle")
    returning = State(_("申请退回中"), tone="pause", clock="handle")
    suspended = State(_("挂起"), tone="pause", clock="handle")
    unit_review = State(_("待单位审核"), clock="handle")
    submitted = State(_("已报送"), tone="done", final=True)
    accepted = State(_("已通过"), tone="done", final=True)
    returned = State(_("已退回"), tone="stop", final=True)
    cancelled = State(_("已取消"), tone="stop", final=True)

    open = Move(_("派单"), to=pending_sign, who=SYSTEM_ONLY, run=orders.opened, ask=(
        Ask("case", Ref(_("案件"), register="case")), Ask("unit", Ref(_("单位"), register="unit")),
        Ask("parent", Ref(_("上级工单"), register="work_order", blank=True)),
        reason(codes.ROLES, "role", _("角色")), Ask("seq", models.IntegerField(_("次序"))),
        Ask("round", models.IntegerField(_("轮次"))), Ask("limit", Amount(_("时限"))),
        Ask("remark", models.TextField(_("要求"), blank=True, default="")),
        Ask("reason", models.CharField(_("派遣依据"), max_length=200, blank=True, default=""))))

    sign = Move(_("签收"), source=(pending_sign,), to=handling, who="unit_clerk:unit", tone="primary", when=handle.own,
                run=handle.sign, clock="stop:sign")
    assign_handler = Move(_("指派处置人员"), source=(handling,), who="unit_clerk:unit", when=handle.own,
                          ask=(Ask("handler", Ref(_("处置人员"), register="post", where={"role": "handler"})),
                               opinion(_("要求"), blank=True)), run=handle.assign)
    revoke_handler = Move(_("撤回指派"), source=(handling,), who="unit_clerk:unit", when=handle.has_handler,
                          ask=(opinion(blank=True),), run=handle.revoke)
    split = Move(_("向下分派"), source=(handling,), who="unit_clerk:unit", when=handle.own, run=handle.split,
                 ask=(Ask("children", Rows(_("下级工单"), least=1, of=(
                     ("unit", Ref(_("下级单位"), register="unit")), ("limit", Amount(_("时限"), blank=True)),
                     ("remark", models.CharField(_("要求"), max_length=200, blank=True, default=""))))),))
    feedback = Move(_("处置反馈"), source=(handling,), to=unit_review, who="handler:handler unit_clerk:unit",
                    tone="primary", when=handle.own, ask=result_asks(reply=False), run=handle.feedback)
    unit_return_handler = Move(_("退回处置人员"), source=(unit_review,), to=handling, who="unit_clerk:unit",
                               when=orders.free, ask=(opinion(_("退回原因")),))
    submit_result = Move(_("报送结果"), source=(handling, unit_review), to=submitted, who="unit_clerk:unit",
                         tone="primary", ask=result_asks(reply=True), when=handle.may_submit, run=handle.submit,
                         clock="stop:handle")
    accept = Move(_("通过"), source=(submitted,), to=accepted, run=handle.accept, when=handle.may_accept,
                  who="unit_clerk:parent dispatcher:centre reviewer:centre", ask=(opinion(blank=True),))
    accept_with_case = Move(_("随案件通过"), source=(submitted,), to=accepted, who=SYSTEM_ONLY, run=handle.accepted)
    rework_with_case = Move(_("随案件退回重办"), source=(submitted, accepted), to=handling, who=SYSTEM_ONLY,
                            run=handle.rework, ask=(opinion(_("不足之处")),), clock="start:handle")
    rework = Move(_("退回重办"), source=(submitted, accepted), to=handling, who="unit_clerk:parent", run=handle.rework,
                  when=handle.may_accept, ask=(opinion(_("不足之处")),), clock="start:handle")

    return_order = Move(_("申请退回"), source=(pending_sign, handling), to=returning, who="unit_clerk:unit",
                        when=ask_leave.may_return, run=ask_leave.return_order, clock="pause:sign pause:handle",
                        ask=(reason(codes.RETURN, label=_("退回类型")), opinion(_("退回说明")),
                             Ask("proper", Ref(_("应由哪个单位办理"), register="unit", blank=True)),
                             Ask("basis", models.CharField(_("法律或“三定”依据"), max_length=200, blank=True,
                                                           default=""))))
    approve_return = Move(_("同意退回"), source=(returning,), to=returned, who=SYSTEM_ONLY, run=orders.given_back,
                          clock="stop:sign stop:handle", ask=(opinion(blank=True),))
    refuse_return = Move(_("不同意退回"), source=(returning,), to=(pending_sign, handling), who=SYSTEM_ONLY,
                         run=orders.keep, ask=(opinion(blank=True),))
    apply_extension = Move(_("申请延期"), source=(handling,), who="unit_clerk:unit handler:handler",
                           when=ask_leave.may_extend, run=ask_leave.extension,
                           ask=(reason(codes.EXTEND), Ask("limit", Amount(_("延长"))), opinion(_("延期说明")),
                                Ask("photos", Files(_("证明材料")))))
    extended = Move(_("批准延期"), source=(handling, unit_review), who=SYSTEM_ONLY, run=orders.extended,
                    ask=(Ask("limit", Amount(_("延长"))),))
    apply_suspension = Move(_("申请挂起"), source=(handling,), who="unit_clerk:unit", when=ask_leave.may_suspend,
                            run=ask_leave.suspension,
                            ask=(reason(codes.SUSPEND), Ask("until", models.DateTimeField(_("挂起至"))),
                                 opinion(_("挂起说明")), Ask("photos", Files(_("证明材料")))))
    suspend = Move(_("挂起"), source=(handling,), to=suspended, who=SYSTEM_ONLY, run=orders.suspended,
                   ask=(Ask("until", models.DateTimeField(_("挂起至"))), opinion(blank=True)), clock="pause:handle")
    review_suspension = Move(_("复核挂起"), source=(suspended,), who="shift_leader:centre", ask=(opinion(),),
                             run=orders.suspension_reviewed)
    resume = Move(_("解除挂起"), source=(suspended,), to=handling, who="shift_leader:centre unit_clerk:unit",
                  ask=(opinion(blank=True),), run=orders.resumed, when=orders.free, clock="resume:handle")

    sync = Move(_("同步状态"), source=ANY, who="app:unit", when=outside.not_inside, run=outside.sync, quiet=True,
                ask=outside_asks())
    note_state = Move(_("记录对方办理情况"), source=(pending_sign, handling, unit_review), when=outside.not_inside,
                      who="dispatcher:centre supervisor:centre shift_leader:centre", run=outside.sync,
                      ask=outside_asks())

    hold = Move(_("随案件暂停"), source=(pending_sign, handling, unit_review, returning), who=SYSTEM_ONLY,
                run=orders.hold, clock="pause:sign pause:handle")
    release = Move(_("随案件恢复"), source=(pending_sign, handling, unit_review, returning), who=SYSTEM_ONLY,
                   run=orders.release)
    cancel = Move(_("取消"), source=(pending_sign, handling, returning, suspended, unit_review), to=cancelled,
                  who="unit_clerk:parent", ask=(opinion(_("原因")),), run=orders.cancelled,
                  clock="stop:sign stop:handle")
    retire = Move(_("随轮次结束"), source=(submitted, accepted), to=cancelled, who=SYSTEM_ONLY,
                  ask=(opinion(blank=True),), run=orders.retired)
