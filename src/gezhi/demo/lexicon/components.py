"""Invented phrases for anomalies of city components (classes 0101 to 0105): object class x filing condition.

A component's class is found from its name (``CLASSES``, first match wins); its clauses come from ``CLAUSES`` by class and
filing condition, and from the class ``any`` where a class says nothing of its own. ``{物名}`` is the component's name.
"""
# ruff: noqa: E501  (a table: one phrase list a line is what keeps it readable)

CLASSES = (
    ("cover", ("井盖", "箅子", "盖板", "沟槽")),
    ("lamp", ("路灯", "地灯", "景观灯", "信号灯", "灯")),
    ("sign", ("牌", "标志", "标识", "宣传栏", "屏", "标线", "反视镜")),
    ("pole", ("立杆", "旗杆", "综合杆", "铁塔", "杆", "桩", "桶", "支架", "隔离体", "限高架", "防撞")),
    ("rail", ("护栏", "护树", "防汛墙", "安全岛", "减速带", "隔音屏")),
    ("tree", ("树", "绿地", "林地", "花架", "古树")),
    ("bridge", ("桥", "地下通道", "隧道", "栈桥")),
    ("pipe", ("管道", "泵站", "排放口", "供水器", "水井", "水鹤", "喷泉", "管廊", "水塔", "防蚊闸")),
    ("booth", ("亭", "厕", "垃圾间", "工具间", "站", "停车场", "车库", "地下室", "停放点", "租赁点", "岗亭")),
    ("box", ("箱", "柜", "机", "变压器", "充电桩", "监测器", "电子眼", "收集器", "邮筒", "电梯", "设施", "设备")),
)

CLAUSES = {
    "any": {
        "DAMAGED": "{物名}坏了，边角都锈穿了|{物名}破了一大块，里面露出来|{物名}裂开了，用手一碰就掉渣",
        "MISSING_DISPLACED": "{物名}不见了，只剩底座|{物名}移位，离原来的地方有{米}",
        "DIRTY": "{物名}脏得看不出原样|{物名}上糊满泥点和小广告",
        "TILTED_FALLEN": "{物名}歪了，快倒下来|{物名}被车撞倒，横在路边",
        "ABANDONED": "{物名}早就不用了，一直没拆|废弃的{物名}占着人行道",
        "SUBSIDENCE": "{物名}周围下沉，形成一个坑|{物名}旁边地面塌了一圈",
        "RATTLE": "{物名}松了，车一过咣当响，{时}吵得睡不着",
        "CONTENT_WRONG": "{物名}上写的和实际对不上",
        "UNLIT": "{物名}不亮{天}了|{物名}一闪一闪的",
        "LEAK": "{物名}往外漏水，流了{米}",
        "OVERFLOW": "{物名}满了没人清，溢到路上",
        "PONDING": "{物名}里全是积水，过不去",
        "BLOCKED": "{物名}堵住了，一下雨就返水",
        "ODOUR": "{物名}味道太大，路过要捂鼻子",
        "UNAUTHORISED": "突然装了个{物名}，没看到公示",
        "DOOR_OPEN": "{物名}的门敞着，里面电线都能摸到",
        "WIRE_EXPOSED": "{物名}的电线露在外面，孩子够得着",
        "TIMER_FAULT": "{物名}大白天亮着，天黑反倒不亮",
        "VEGETATION": "{物名}枯了{数}处，没人浇水|{物名}长得太高，挡住视线",
        "OTHER": "{物名}有异常，请来看一下|{物名}用不了，不知道找谁修",
    },
    "cover": {
        "DAMAGED": "{物名}裂成两半，车轮压上去往下陷|{物名}断了一根筋，自行车轮会卡住",
        "MISSING_DISPLACED": "{物名}没了，只用树枝插着|{物名}被掀开半边，黑洞洞的",
        "SUBSIDENCE": "{物名}比路面低了一大截，骑车颠得厉害|{物名}周围的沥青裂了一圈",
    },
    "lamp": {
        "DAMAGED": "{物名}灯罩碎了，玻璃掉了一地",
        "UNLIT": "连着{数}盏{物名}都不亮，整段路漆黑|{物名}坏了{天}，晚上看不见路",
        "TILTED_FALLEN": "{物名}的杆子被撞歪，朝路中间倒",
    },
    "sign": {
        "DAMAGED": "{物名}的面板掉了一角|{物名}只剩一颗螺丝吊着",
        "DIRTY": "{物名}贴满小广告，字都看不见",
        "TILTED_FALLEN": "{物名}转了方向，指到河里去了",
    },
    "tree": {
        "DAMAGED": "{物名}的枝干断了一截，挂在半空",
        "TILTED_FALLEN": "{物名}被风吹倒，压住了电动车|{物名}斜得厉害，快碰到楼了",
    },
    "bridge": {
        "DAMAGED": "{物名}的踏板翘起，露出钢筋|{物名}扶手断了一段",
        "PONDING": "{物名}里积水没过脚面，灯也灭了",
    },
    "box": {
        "DAMAGED": "{物名}外壳瘪了，屏幕也碎了|{物名}门锁坏了，一直关不上",
        "OTHER": "{物名}用不了，按了没反应|{物名}付了钱不出货",
    },
}
DEFAULT_CONDITIONS = ("DAMAGED", "DIRTY", "TILTED_FALLEN", "OTHER")

FIXES = {
    "DAMAGED": "更换或修复", "MISSING_DISPLACED": "补装复位并消除隐患", "DIRTY": "清洁干净", "TILTED_FALLEN": "扶正加固",
    "ABANDONED": "拆除清运", "SUBSIDENCE": "回填找平", "RATTLE": "加垫紧固", "CONTENT_WRONG": "更正内容", "UNLIT": "恢复照明",
    "LEAK": "堵漏修复", "OVERFLOW": "清运并消毒", "PONDING": "抽排疏通", "BLOCKED": "疏通清掏", "ODOUR": "清洗除味",
    "UNAUTHORISED": "核查手续并拆除", "DOOR_OPEN": "关闭上锁", "WIRE_EXPOSED": "包覆线路", "TIMER_FAULT": "调整时控",
    "VEGETATION": "补植修剪", "OTHER": "检修恢复",
}
