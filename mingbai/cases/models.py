"""Tables of cases. Each carries the county; history is appended, never overwritten."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from mingbai.cases.states import LEVEL_WORDS, STATE_WORDS, Level, State
from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey


class Field(models.TextChoices):
    """The fifteen fields at the top of the case tree."""

    ROAD = "road", "道路交通"
    WATER = "water", "饮水供水"
    POWER = "power", "供电通信"
    IRRIGATION = "irrigation", "农田水利"
    SANITATION = "sanitation", "环境卫生"
    FACILITY = "facility", "公共设施"
    HOUSING = "housing", "住房宅基地"
    LAND = "land", "征地承包"
    WELFARE = "welfare", "救助补贴"
    INSURANCE = "insurance", "社保医疗"
    EDUCATION = "education", "教育文体"
    AFFAIRS = "affairs", "村务财务"
    SAFETY = "safety", "治安纠纷"
    LABOUR = "labour", "就业欠薪"
    OTHER = "other", "其他"


class Case(models.Model):
    """A request, question or suggestion that somebody holds until it is answered."""

    class Kind(models.TextChoices):
        """What the villager wants."""

        REQUEST = "request", "诉求"
        QUESTION = "question", "提问"
        SUGGESTION = "suggestion", "建议"

    class Source(models.TextChoices):
        """Where the case came from."""

        WEB = "web", "网页"
        CHAT = "chat", "微信群"
        DESK = "desk", "村里代办台"

    county = CountyField()
    number = models.CharField("件号", max_length=20)
    token = models.UUIDField("提交凭证")
    region = CodeField("村")
    source = models.CharField("来源", max_length=8, choices=Source.choices)
    source_id = models.CharField("来源编号", max_length=64, blank=True)
    source_text = models.TextField("来源原话", blank=True)
    kind = models.CharField("类别", max_length=12, choices=Kind.choices, default=Kind.REQUEST)
    field = models.CharField("领域", max_length=12, choices=Field.choices)
    urgent = models.BooleanField("紧急", default=False)
    title = models.CharField("标题", max_length=60)
    text = models.TextField("内容", max_length=4000)
    place = models.CharField("地点", max_length=80, blank=True)
    lat = models.FloatField("纬度", null=True)
    lon = models.FloatField("经度", null=True)
    is_public = models.BooleanField("公开办理", default=True)
    reporter = models.ForeignKey(
        "accounts.Person", models.SET_NULL, null=True, related_name="+", verbose_name="反映人"
    )
    state = models.CharField(
        "状态", max_length=12, choices=[(s.value, STATE_WORDS[s]) for s in State]
    )
    level = models.CharField(
        "在哪级", max_length=8, choices=[(x.value, LEVEL_WORDS[x]) for x in Level]
    )
    body = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="承办单位"
    )
    handler = models.ForeignKey(
        "accounts.Post", models.PROTECT, null=True, related_name="+", verbose_name="承办人"
    )
    first_body = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="首接单位"
    )
    submitted_at = models.DateTimeField("提交时间")
    clock_from = models.DateTimeField("本级计时起")
    due_at = models.DateTimeField("本级期限", null=True)
    due_days = models.PositiveSmallIntegerField("期限（工作日）", default=0)
    due_provisional = models.BooleanField("期限待节假日安排公布后确认", default=False)
    answered_at = models.DateTimeField("答复时间", null=True)
    supports = models.PositiveIntegerField("附议人数", default=0)
    returned = models.BooleanField("已退回重办过", default=False)
    overdue = models.BooleanField("已标逾期", default=False)
    version = models.PositiveIntegerField("版本", default=1)
    search = SearchVectorField(null=True)

    class Meta:
        verbose_name = "诉求件"
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="case_number_once"),
            models.UniqueConstraint(fields=["county", "token"], name="case_token_once"),
            models.UniqueConstraint(
                fields=["county", "source", "source_id"],
                condition=~models.Q(source_id=""),
                name="case_source_once",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "-submitted_at", "-id"], name="case_village"),
            models.Index(fields=["body", "state", "due_at", "id"], name="case_desk"),
            models.Index(fields=["state", "due_at"], name="case_clock"),
            models.Index(fields=["reporter", "-submitted_at"], name="case_mine"),
            GinIndex(fields=["search"], name="case_search"),
        ]


class CaseEvent(models.Model):
    """One step in the life of a case. ``text`` is what was said; ``inner`` hides it from the public."""

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="events")
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=16)
    before = models.CharField("从", max_length=12, blank=True)
    after = models.CharField("到", max_length=12)
    person_id = models.BigIntegerField("人", null=True)
    post_id = models.BigIntegerField("岗位", null=True)
    label = models.CharField("谁", max_length=60)
    body = models.ForeignKey("accounts.Body", models.PROTECT, null=True, related_name="+")
    level = models.CharField("级", max_length=8, blank=True)
    text = models.TextField("说明", blank=True)
    inner = models.BooleanField("仅内部", default=False)
    late = models.BooleanField("晚了", default=False)
    due_at = models.DateTimeField("期限", null=True)
    source_id = models.CharField("来源编号", max_length=64, blank=True)

    class Meta:
        verbose_name = "办理经过"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case", "source_id"],
                condition=~models.Q(source_id=""),
                name="event_source_once",
            )
        ]
        indexes = [models.Index(fields=["case", "at", "id"], name="event_case")]


class Attachment(models.Model):
    """The case's own copy of a photo, voice or video; the file lies under the media folder."""

    class Stage(models.TextChoices):
        """When it was made."""

        EVIDENCE = "evidence", "反映时"
        BEFORE = "before", "办理前"
        AFTER = "after", "办理后"

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="attachments")
    event = CountyForeignKey(CaseEvent, models.CASCADE, null=True, related_name="attachments")
    key = models.UUIDField("取件码", db_index=True)
    kind = models.CharField("种类", max_length=8)
    stage = models.CharField("阶段", max_length=8, choices=Stage.choices)
    digest = models.CharField("SHA-256", max_length=64)
    mime = models.CharField("类型", max_length=40)
    size = models.PositiveIntegerField("字节")
    width = models.PositiveIntegerField("宽", default=0)
    height = models.PositiveIntegerField("高", default=0)
    added_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "附件"
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="attachment_key_once")
        ]


class Contact(models.Model):
    """How to reach the reporter; encrypted, apart from the case, read with a reason on record."""

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="contacts")
    phone_sealed = models.BinaryField("手机（加密）")
    for_family = models.BooleanField("帮家里人填的", default=False)

    class Meta:
        verbose_name = "联系方式"
        constraints = [models.UniqueConstraint(fields=["county", "case"], name="contact_once")]


class Support(models.Model):
    """附议: another villager says that the same trouble is theirs.

    ``person`` is known on the web; ``member`` is the pseudonym of a speaker in a chat group.
    """

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="supporters")
    person = models.ForeignKey("accounts.Person", models.CASCADE, null=True, related_name="+")
    member = models.CharField("群成员", max_length=64, blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "附议"
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "person"], name="support_once"),
            models.UniqueConstraint(
                fields=["county", "case", "member"],
                condition=~models.Q(member=""),
                name="support_member_once",
            ),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) | ~models.Q(member=""),
                name="support_by_somebody",
            ),
        ]


class Rating(models.Model):
    """What the reporter thinks of the answer."""

    class Score(models.TextChoices):
        """Three answers, as in petition practice."""

        SATISFIED = "satisfied", "满意"
        FAIRLY = "fairly", "基本满意"
        UNSATISFIED = "unsatisfied", "不满意"

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="ratings")
    score = models.CharField("评价", max_length=12, choices=Score.choices)
    reason = models.CharField("理由", max_length=400, blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "评价"


class Sign(models.Model):
    """What was said in the group about how far a case is: 来水了, 明天派人修. Shown to staff alone.

    It moves nothing: whoever handles the case answers by it or sets it aside.
    """

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="signs")
    source_id = models.CharField("来源编号", max_length=64)
    said_at = models.DateTimeField("说话时间")
    who = models.CharField("谁", max_length=40)
    text = models.CharField("原话", max_length=400)
    ignored_at = models.DateTimeField("忽略时间", null=True)
    ignored_by = models.BigIntegerField("谁忽略的", null=True)

    class Meta:
        verbose_name = "群里的动静"
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "source_id"], name="sign_once")
        ]


class Counter(models.Model):
    """The last number given in a county and month; its row lock keeps numbers dense and unique."""

    county = CountyField()
    month = models.CharField("年月", max_length=4)
    last = models.PositiveIntegerField("已发到", default=0)

    class Meta:
        verbose_name = "件号计数"
        constraints = [models.UniqueConstraint(fields=["county", "month"], name="counter_once")]


class Draft(models.Model):
    """What a villager typed before the phone was verified; the secret in ``key`` is all that opens it."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    county = CountyField()
    region = CodeField("村")
    content = models.JSONField("内容", default=dict)
    made_at = models.DateTimeField("开始时间")
    number = models.CharField("已成件", max_length=20, blank=True)

    class Meta:
        verbose_name = "草稿"
        indexes = [models.Index(fields=["county", "made_at"], name="draft_age")]


class Deadline(models.Model):
    """Working days by field, level and urgency; data, changed by the county, never code."""

    field = models.CharField("领域", max_length=12)
    level = models.CharField("级", max_length=8)
    urgent = models.BooleanField("紧急")
    days = models.PositiveSmallIntegerField("工作日")

    class Meta:
        verbose_name = "办理期限"
        constraints = [
            models.UniqueConstraint(fields=["field", "level", "urgent"], name="deadline_once")
        ]


class SavedFilter(models.Model):
    """A choice of filters that one post keeps under a name; at most one opens by itself."""

    county = CountyField(blank=True)
    person_id = models.BigIntegerField("人")
    post_id = models.BigIntegerField("岗位")
    name = models.CharField("名字", max_length=20)
    query = models.CharField("条件", max_length=400)
    is_default = models.BooleanField("打开就用", default=False)

    class Meta:
        verbose_name = "常用筛选"
        constraints = [
            models.UniqueConstraint(fields=["county", "post_id", "name"], name="filter_once"),
            models.UniqueConstraint(
                fields=["county", "post_id"],
                condition=models.Q(is_default=True),
                name="filter_one_default",
            ),
        ]


class ReplyTemplate(models.Model):
    """Words that a body answers with again and again; blanks in braces are filled for each case."""

    county = CountyField()
    body = models.ForeignKey("accounts.Body", models.PROTECT, related_name="+", verbose_name="单位")
    title = models.CharField("名称", max_length=30)
    text = models.TextField("内容", max_length=1000)
    label = models.CharField("谁写的", max_length=60)
    changed_at = models.DateTimeField("改动时间")
    retired_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "答复模板"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "body", "title"],
                condition=models.Q(retired_at__isnull=True),
                name="template_once",
            )
        ]


class Note(models.Model):
    """A word among the officers of a case; neither the public nor the reporter ever reads it."""

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="notes")
    at = models.DateTimeField("时间")
    person_id = models.BigIntegerField("人")
    label = models.CharField("谁", max_length=60)
    body = models.ForeignKey("accounts.Body", models.PROTECT, related_name="+", verbose_name="单位")
    text = models.CharField("内容", max_length=1000)
    told = models.JSONField("提到了谁", default=list)

    class Meta:
        verbose_name = "内部便签"
        indexes = [models.Index(fields=["case", "-at", "-id"], name="note_case")]


class SubTask(models.Model):
    """What a colleague or another body does for the body that holds a case, and until when."""

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="subtasks")
    what = models.CharField("办什么", max_length=200)
    body = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="谁来办"
    )
    post = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    until = models.DateField("哪天前")
    asked_at = models.DateTimeField("交代时间")
    asked_by = models.CharField("谁交代的", max_length=60)
    asked_person = models.BigIntegerField("交代的人")
    asked_body = models.ForeignKey("accounts.Body", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField("结束时间", null=True)
    withdrawn = models.BooleanField("收回了", default=False)
    result = models.CharField("办得怎样", max_length=400, blank=True)
    done_by = models.CharField("谁办的", max_length=60, blank=True)

    class Meta:
        verbose_name = "协办事项"
        indexes = [
            models.Index(fields=["case", "id"], name="subtask_case"),
            models.Index(
                fields=["body", "until", "id"],
                condition=models.Q(closed_at__isnull=True),
                name="subtask_open",
            ),
        ]


class Relation(models.Model):
    """Two cases that belong together; the one with the lower id stands first."""

    class Why(models.TextChoices):
        """What they share."""

        PLACE = "place", "同一地点"
        CAUSE = "cause", "同一原因"
        SWEEP = "sweep", "排查发现"

    county = CountyField()
    region = CodeField("村")
    other_region = CodeField("另一件的村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="relations")
    other = CountyForeignKey(Case, models.CASCADE, related_name="relations_back")
    why = models.CharField("因为", max_length=8, choices=Why.choices)
    at = models.DateTimeField("时间")
    label = models.CharField("谁连的", max_length=60)

    class Meta:
        verbose_name = "相关件"
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "other"], name="relation_once"),
            models.CheckConstraint(
                condition=models.Q(case__lt=models.F("other")), name="relation_in_order"
            ),
        ]


class Sweep(models.Model):
    """After a case was solved: the same thing looked at in other villages, each with its own line."""

    county = CountyField()
    region = CodeField("谁的辖区")
    case = CountyForeignKey(Case, models.CASCADE, related_name="sweeps")
    what = models.CharField("查什么", max_length=200)
    until = models.DateField("哪天前")
    asked_at = models.DateTimeField("发起时间")
    label = models.CharField("谁发起", max_length=60)
    person_id = models.BigIntegerField("发起人")
    body = models.ForeignKey("accounts.Body", models.PROTECT, related_name="+", verbose_name="单位")

    class Meta:
        verbose_name = "排查"
        indexes = [models.Index(fields=["case", "id"], name="sweep_case")]


class SweepItem(models.Model):
    """One village's line of a sweep: looked at or not, found or not, and the case it became."""

    county = CountyField()
    region = CodeField("村")
    sweep = CountyForeignKey(Sweep, models.CASCADE, related_name="items")
    body = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="谁来查"
    )
    until = models.DateField("哪天前")
    done_at = models.DateTimeField("查完时间", null=True)
    found = models.BooleanField("查到没有", null=True)
    text = models.CharField("查的情况", max_length=400, blank=True)
    label = models.CharField("谁查的", max_length=60, blank=True)
    made = CountyForeignKey(Case, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "排查项"
        constraints = [
            models.UniqueConstraint(fields=["county", "sweep", "region"], name="sweep_item_once")
        ]
        indexes = [
            models.Index(
                fields=["body", "until", "id"],
                condition=models.Q(done_at__isnull=True),
                name="sweep_item_open",
            )
        ]
