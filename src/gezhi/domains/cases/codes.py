"""Code tables of the case line: case_lifecycle.md sections 3.2, 4, 8 and the enumerations of the glossary."""

from django.utils.translation import gettext_lazy as _

CHANNELS = [
    ("hotline_12345", _("12345热线")), ("citytong_app", _("城市通APP")), ("leader_mailbox", _("领导信箱")),
    ("wechat", _("微信公众号")), ("mini_program", _("小程序")), ("web", _("门户网站")), ("grid_app", _("网格员上报")),
    ("snapshot", _("随手拍")), ("iot", _("物联感知")), ("video_ai", _("视频智能识别")), ("department", _("部门转办")),
    ("superior", _("上级交办")), ("subordinate", _("下级上报")), ("petition", _("信访")), ("police_110", _("110联动")),
    ("emergency_119", _("119联动")), ("media", _("媒体")), ("on_site", _("现场来访")),
]
PUBLIC_CHANNELS = frozenset({
    "hotline_12345", "citytong_app", "leader_mailbox", "wechat", "mini_program", "web", "snapshot", "petition",
    "on_site"})
"""Channels behind which a citizen waits for an answer: contact or anonymity is asked, and a callback follows."""

URGENCIES = [("urgent1", _("特急")), ("urgent2", _("紧急")), ("normal", _("一般"))]
DEMANDS = [("consult", _("咨询")), ("help", _("求助")), ("complaint", _("投诉")), ("tip_off", _("举报")),
           ("suggestion", _("建议")), ("thanks", _("感谢")), ("other", _("其他"))]
MODES = [("single", _("单一办理")), ("sequential", _("顺序办")), ("lead_co", _("主协办")), ("parallel", _("并联办")),
         ("multi_level", _("多级处置"))]
ROLES = [("lead", _("主办")), ("co", _("协办")), ("child", _("下级")), ("step", _("步骤")), ("equal", _("并联"))]

REJECT = [
    ("01", _("不属本行政区域")), ("02", _("已进入诉讼、仲裁、复议或信访程序")), ("03", _("属紧急警情，已转接")),
    ("04", _("涉密或国家安全")), ("05", _("无实质内容")), ("06", _("违反法律或公序良俗")), ("07", _("重复且已答复")),
    ("08", _("核实不属实")), ("09", _("党委人大等渠道，已转告")), ("99", _("其他")),
]
RETURN = [("01", _("非本单位职责")), ("02", _("属地不符")), ("03", _("信息不全无法办理")), ("04", _("需多部门先协调")),
          ("05", _("重复派单")), ("06", _("已由他单位办理")), ("07", _("权属不清")), ("08", _("职能交叉")),
          ("99", _("其他"))]
EXTEND = [("01", _("需采购或施工")), ("02", _("需鉴定检测")), ("03", _("法定程序")), ("04", _("天气")),
          ("05", _("协调多方")), ("99", _("其他"))]
SUSPEND = [("01", _("待立法或政策")), ("02", _("待资金计划")), ("03", _("待规划或征拆")), ("04", _("进入法律程序")),
           ("05", _("当事人原因")), ("06", _("季节性")), ("99", _("其他"))]
OUTCOME = [("01", _("已解决")), ("02", _("部分解决")), ("03", _("已解释（政策不支持）")), ("04", _("已列入计划")),
           ("05", _("无法解决（客观原因）")), ("06", _("不属实")), ("07", _("引导其他渠道")), ("08", _("已立案查处"))]
VOID = [("01", _("重复")), ("02", _("测试")), ("03", _("误报")), ("04", _("系统故障"))]
REDO = [("unsatisfied", _("不满意")), ("unsolved", _("未解决"))]
EXTERNAL = [("out_of_area", _("不属本辖区")), ("out_of_duty", _("不属本级职责")), ("incomplete", _("信息不全")),
            ("other", _("其他"))]
FORCE = [("01", _("反映人长期失联")), ("02", _("客观上无法继续办理")), ("03", _("系统或数据故障")), ("99", _("其他"))]

TRUENESS = [("true", _("属实")), ("part", _("部分属实")), ("false", _("不属实"))]
SOLVED = [("yes", _("已解决")), ("part", _("部分解决")), ("no", _("未解决"))]
SCORES = [(5, _("非常满意")), (4, _("满意")), (3, _("基本满意")), (2, _("不满意")), (1, _("非常不满意")),
          (0, _("未评价或无法联系"))]
CONTACT = [("phone", _("电话")), ("visit", _("当面")), ("message", _("短信或微信")), ("letter", _("书面")),
           ("none", _("无法联系"))]
COORDINATED = [("dispatch", _("指定单位办理")), ("hard", _("转疑难")), ("back", _("退回派遣"))]
RELATIONS = [("self", _("本人")), ("family", _("家属")), ("agent", _("代办人")), ("witness", _("目击者"))]

SPOT_FACTS = "content address item_name urges reported_at"
"""What whoever goes to the spot must know of a case; nothing about its reporter."""
