"""Departments, enterprises and their places in the demo city's administration: names, not persons.

Codes are the department types of the item catalogue's section 6. ``CITY`` and ``ENTERPRISES`` stand once, at the
city; ``COUNTY`` stands in every county; everything a county lacks is answered for by the city's bureau.
"""


from __future__ import annotations

CITY = {
    "GA": "公安局", "JJ": "交通警察支队", "XF": "消防救援支队", "YJ": "应急管理局", "CG": "城市管理局",
    "SZ": "市政设施管理处", "HW": "环境卫生管理处", "YL": "园林绿化管理局", "ZJ": "住房和城乡建设局",
    "ZR": "自然资源和规划局", "LC": "林业站", "SW": "水务局", "HB": "生态环境局", "JT": "交通运输局",
    "SC": "市场监督管理局", "SWJ": "商务局", "WL": "文化广电和旅游局", "JY": "教育局", "WJ": "卫生健康委员会",
    "YB": "医疗保障局", "RS": "人力资源和社会保障局", "MZ": "民政局", "TY": "退役军人事务局", "NY": "农业农村局",
    "SF": "司法局", "XFJ": "信访局", "ZF": "政法委员会", "JR": "地方金融管理局", "WX": "网络安全和信息化办公室",
    "ZZ": "组织部", "JW": "纪委监委机关", "FG": "发展和改革委员会", "GX": "工业和信息化局", "TYJ": "体育局",
    "CL": "残疾人联合会", "FL": "妇女联合会", "GH": "总工会", "TW": "共青团委员会", "MZJ": "民族宗教事务局",
    "ZWFW": "政务服务管理局", "GJJ": "住房公积金管理中心",
}  # fmt: skip
ENTERPRISES = {
    "QY_GS": "供水公司", "QY_PS": "排水公司", "QY_GD": "供电公司", "QY_RQ": "燃气公司", "QY_GR": "供热公司",
    "QY_TX": "通信公司", "QY_YZ": "邮政公司", "QY_GJ": "公交公司", "QY_GD2": "管道公司",
}  # fmt: skip
COUNTY = {
    "GA": "公安分局", "CG": "城市管理局", "ZJ": "住房和建设局", "SC": "市场监督管理局", "HW": "环境卫生所",
    "RS": "人力资源和社会保障局", "MZ": "民政局", "YL": "园林绿化所",
}  # fmt: skip
