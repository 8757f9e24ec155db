"""A small language of our own: sentences of four made-up matters, for tests that need texts with classes."""

from __future__ import annotations

import random

PLACES = ("东渚路", "银杏巷", "和乐里", "石桥村", "望湖苑", "三号院", "北街口", "南塘")
HOURS = ("昨晚", "今天早上", "连续三天", "上周起", "夜里十二点后", "中午")
MATTERS = {
    "噪声": (("施工打桩", "广场音响", "酒吧唱歌", "装修电钻"), ("吵得睡不着", "声音太大", "噪声扰民", "影响休息")),
    "垃圾": (("垃圾桶", "建筑垃圾", "厨余", "废旧家具"), ("堆放无人清运", "散发臭味", "满溢一地", "没有保洁")),
    "工资": (("工地老板", "劳务公司", "餐馆", "工厂"), ("拖欠工资", "不发加班费", "不签合同", "克扣薪水")),
    "供水": (("自来水", "水管", "水表", "二次供水泵"), ("停水", "水压太低", "漏水", "水质发黄")),
}
WISHES = ("请尽快处理。", "希望有关部门管一管。", "盼回复。", "谢谢！", "多次反映没有结果。")


def sentences(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """Pairs (class, text), the classes in turn; a tenth of the texts mention a second matter as well."""
    dice, names = random.Random(seed), sorted(MATTERS)
    out = []
    for n in range(count):
        name = names[n % len(names)]
        what, how = MATTERS[name]
        where = f"{dice.choice(PLACES)}{dice.randint(1, 99)}号"
        text = f"{where}{dice.choice(HOURS)}{dice.choice(what)}{dice.choice(how)}，"
        if dice.random() < 0.1:
            other = MATTERS[dice.choice(names)]
            text += f"另外{dice.choice(other[0])}{dice.choice(other[1])}，"
        out.append((name, text + dice.choice(WISHES)))
    return out
