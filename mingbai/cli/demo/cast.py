"""Who can be played in the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """A demo account: ``role_name`` and ``does`` are shown in the table at the start."""

    login: str
    name: str
    role: str
    role_name: str
    does: str
    body: str
    title: str


VILLAGER_PHONE = "13800000001"

ACCOUNTS: tuple[Account, ...] = (
    Account(
        VILLAGER_PHONE,
        "",
        "villager",
        "村民",
        "手机号登录（验证码显示在页面上），反映、看进度、评价",
        "",
        "",
    ),
    Account(
        "cunguan",
        "王建国",
        "village_officer",
        "村干部",
        "受理、办理、答复本村诉求",
        "village",
        "村委会主任",
    ),
    Account(
        "jianwei",
        "李秀英",
        "village_supervisor",
        "村监委会",
        "看本村的村群登记和公开情况",
        "village",
        "村监委会主任",
    ),
    Account(
        "zhenban",
        "赵卫东",
        "town_staff",
        "镇工作人员",
        "办本镇的诉求，接升级上来的件",
        "town",
        "党政综合办干事",
    ),
    Account(
        "caiji",
        "周敏",
        "capture_clerk",
        "群工办专员",
        "核对群里采集的诉求",
        "discipline",
        "群工办专员",
    ),
    Account(
        "shuili",
        "陈志明",
        "department",
        "县直部门（水利局）",
        "办交来的饮水、农田水利诉求",
        "water",
        "农水股股长",
    ),
    Account(
        "shouli",
        "何静",
        "county_intake",
        "县受理中心",
        "接全县升级上来的件，交办部门",
        "county",
        "受理员",
    ),
    Account(
        "xinfang",
        "吕芳",
        "petition_office",
        "县信访局",
        "登记信访件，出具处理意见",
        "petition",
        "办信股股长",
    ),
    Account(
        "zhenji",
        "林国辉",
        "town_discipline",
        "镇纪委",
        "收督办通知，看本镇公开的件",
        "town_discipline",
        "镇纪委副书记",
    ),
    Account(
        "anguan",
        "郑安",
        "county_handler",
        "县纪委案管室",
        "用办公室口令打开密封线索",
        "discipline",
        "案管室干部",
    ),
    Account(
        "yunwei",
        "吴凯",
        "it_admin",
        "系统管理员",
        "看运行状况，看不到内容",
        "platform",
        "系统管理员",
    ),
)

CLUE_PASSPHRASE = "永春县案管室演示口令2026"  # noqa: S105 - demo only, printed on purpose

PETITION_OFFICE = "信访局"
DEPARTMENTS: tuple[tuple[str, str, str], ...] = (
    ("water", "水利局", "water,irrigation"),
    ("transport", "交通运输局", "road"),
    ("power", "工业和信息化局", "power"),
    ("environment", "城市管理局", "sanitation,facility"),
    ("housing", "住房和城乡建设局", "housing"),
    ("land", "自然资源局", "land"),
    ("civil", "民政局", "welfare"),
    ("insurance", "医疗保障局", "insurance"),
    ("education", "教育局", "education"),
    ("agriculture", "农业农村局", "affairs"),
    ("justice", "司法局", "safety"),
    ("labour", "人力资源和社会保障局", "labour"),
)
