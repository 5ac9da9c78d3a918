"""Tables of cases. Each carries the county; history is appended, never overwritten."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.functional import cached_property

from mingbai.cases.passing import KIND_WORDS
from mingbai.cases.states import LEVEL_WORDS, OPEN, STATE_WORDS, Level, State
from mingbai.kernel.fields import CodeField, CountyField, CountyForeignKey

_IS_OPEN = models.Q(state__in=sorted(state.value for state in OPEN))
"""What most lists ask for: one case in ten or fewer, so their indexes hold no others."""


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
    """A request, question or suggestion that somebody holds until it is answered.

    An empty ``field`` means that nobody knows yet whose business it is: the town's desk gives it one.
    """

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
    field = models.CharField("领域", max_length=12, choices=Field.choices, blank=True)
    sub = models.CharField("细类", max_length=16, blank=True, default="")
    urgent = models.BooleanField("紧急", default=False)
    title = models.CharField("标题", max_length=60)
    text = models.TextField("内容", max_length=4000)
    place = models.CharField("地点", max_length=80, blank=True)
    lat = models.FloatField("纬度", null=True)
    lon = models.FloatField("经度", null=True)
    is_public = models.BooleanField("公开办理", default=True)
    reporter = models.ForeignKey(
        "accounts.Person",
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="反映人",
        db_index=False,  # case_mine begins with it
    )
    state = models.CharField(
        "状态", max_length=12, choices=[(s.value, STATE_WORDS[s]) for s in State]
    )
    level = models.CharField(
        "在哪级", max_length=8, choices=[(x.value, LEVEL_WORDS[x]) for x in Level]
    )
    body = models.ForeignKey(
        "accounts.Body",
        models.PROTECT,
        related_name="+",
        verbose_name="承办单位",
        db_index=False,  # case_held_ever
    )
    handler = models.ForeignKey(
        "accounts.Post",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="承办人",
        db_index=False,  # case_handled
    )
    first_body = models.ForeignKey(
        "accounts.Body",
        models.PROTECT,
        related_name="+",
        verbose_name="首接单位",
        db_index=False,  # nobody asks by it; offices are dissolved, never deleted
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
    urged = models.BooleanField("已督办", default=False)
    next_at = models.DateTimeField("下一步计时动作", null=True)
    steps_done = models.CharField("本级已做的计时动作", max_length=80, blank=True)
    stopped_at = models.DateTimeField("停表时间", null=True)
    resumes_at = models.DateTimeField("最迟恢复时间", null=True)
    extended_days = models.PositiveSmallIntegerField("已延期天数", default=0)
    extra_days = models.PositiveSmallIntegerField("本级顺延（工作日）", default=0)
    received_at = models.DateTimeField("交到现单位的时间", null=True)
    from_body = models.ForeignKey(
        "accounts.Body",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="谁交来的",
        db_index=False,
    )
    settled = models.BooleanField("归属已裁定", default=False)
    merged_into = CountyForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="merged",
        verbose_name="并入",
        db_index=False,  # few are: case_merged
    )
    merged_version = models.PositiveIntegerField("并入时对方版本", default=0)
    split_from = CountyForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="parts_split",
        verbose_name="从哪件拆出",
        db_index=False,  # few are: case_split
    )
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
            models.Index(  # with what row-level security asks, so that a town's list reads it alone
                fields=["region", "-submitted_at", "-id"],
                include=["state", "is_public", "reporter"],
                name="case_village",
            ),
            models.Index(fields=["body", "-submitted_at", "-id"], name="case_held_ever"),
            models.Index(fields=["county", "-submitted_at", "-id"], name="case_newest"),
            models.Index(fields=["body", "due_at", "id"], condition=_IS_OPEN, name="case_held"),
            models.Index(fields=["county", "due_at", "id"], condition=_IS_OPEN, name="case_due"),
            models.Index(
                fields=["handler", "due_at", "id"], condition=_IS_OPEN, name="case_handled"
            ),
            models.Index(
                fields=["region", "due_at", "id"], condition=_IS_OPEN, name="case_open_here"
            ),
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="case_merged",
            ),
            models.Index(
                fields=["split_from"],
                condition=models.Q(split_from__isnull=False),
                name="case_split",
            ),
            models.Index(
                fields=["county", "next_at", "id"],
                condition=models.Q(next_at__isnull=False),
                name="case_next_step",
            ),
            models.Index(
                fields=["county", "answered_at", "id"],
                condition=models.Q(state=State.ANSWERED.value),
                name="case_unrated",
            ),
            models.Index(fields=["reporter", "-submitted_at"], name="case_mine"),
            models.Index(
                fields=["county", "answered_at"],
                condition=models.Q(answered_at__isnull=False),
                name="case_answered",
            ),
            GinIndex(fields=["search"], name="case_search"),
        ]

    @cached_property
    def pending(self) -> dict[str, Ask]:
        """What was asked of the body above and is not decided yet, by kind."""
        asks = Ask.objects.select_related("decider").filter(county=self.county, case=self)
        return {ask.kind: ask for ask in asks.filter(decided_at__isnull=True)}

    @cached_property
    def open_parts(self) -> dict[int, Part]:
        """The parts of a joint case that are still out, by body."""
        parts = Part.objects.select_related("body").filter(county=self.county, case=self)
        return {part.body_id: part for part in parts.filter(done_at__isnull=True)}

    def forget_asked(self) -> None:
        """Read ``pending`` and ``open_parts`` again the next time."""
        for name in ("pending", "open_parts"):
            self.__dict__.pop(name, None)


class CaseEvent(models.Model):
    """One step in the life of a case. ``text`` is what was said; ``inner`` hides it from the public."""

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField("时间")
    verb = models.CharField("动作", max_length=16)
    before = models.CharField("从", max_length=12, blank=True)
    after = models.CharField("到", max_length=12)
    person_id = models.BigIntegerField("人", null=True)
    post_id = models.BigIntegerField("岗位", null=True)
    label = models.CharField("谁", max_length=60)
    body = models.ForeignKey(
        "accounts.Body", models.PROTECT, null=True, related_name="+", db_index=False
    )
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
        ONSITE = "onsite", "邻居现场拍"

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
        indexes = [models.Index(fields=["digest"], name="attachment_digest")]


class Contact(models.Model):
    """How to reach the reporter; encrypted, apart from the case, read with a reason on record.

    ``phone_index`` is a keyed hash: it finds the other cases of a phone and tells no number.
    """

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="contacts")
    phone_sealed = models.BinaryField("手机（加密）")
    phone_index = models.CharField("手机（散列）", max_length=64, blank=True, default="")
    name_sealed = models.BinaryField("姓名（加密）", null=True)
    for_family = models.BooleanField("帮家里人填的", default=False)

    class Meta:
        verbose_name = "联系方式"
        constraints = [models.UniqueConstraint(fields=["county", "case"], name="contact_once")]
        indexes = [
            models.Index(
                fields=["county", "phone_index"],
                condition=~models.Q(phone_index=""),
                name="contact_phone",
            )
        ]


class Support(models.Model):
    """附议: another villager says that the same trouble is theirs.

    ``person`` is known on the web; ``member`` is the pseudonym of a speaker in a chat group.
    """

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="supporters")
    person = models.ForeignKey("accounts.Person", models.CASCADE, null=True, related_name="+")
    member = models.CharField("群成员", max_length=64, blank=True)
    at = models.DateTimeField("时间")
    via = CountyForeignKey(
        Case, models.SET_NULL, null=True, related_name="+", verbose_name="随哪件并来"
    )

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


class Part(models.Model):
    """What one assisting body answers for in a joint case."""

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="parts")
    body = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="会办单位"
    )
    asked = models.CharField("请办什么", max_length=400)
    asked_at = models.DateTimeField("时间")
    text = models.TextField("答复", blank=True)
    label = models.CharField("谁", max_length=60, blank=True)
    released = models.BooleanField("免去", default=False)
    done_at = models.DateTimeField("答复或免去时间", null=True)

    class Meta:
        verbose_name = "会办部分"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case", "body"],
                condition=models.Q(done_at__isnull=True),
                name="part_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["body", "case"],
                condition=models.Q(done_at__isnull=True),
                name="part_open",
            )
        ]


class Ask(models.Model):
    """Something asked of the body above about a case, and what it decided."""

    class Kind(models.TextChoices):
        """What is asked."""

        SUSPEND = "suspend", "申请挂起"
        OBJECTION = "objection", "交办异议"
        REOPEN = "reopen", "请求重办"

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="asks")
    kind = models.CharField("种类", max_length=12, choices=Kind.choices)
    text = models.CharField("理由", max_length=400)
    until = models.DateTimeField("到什么时候", null=True)
    person_id = models.BigIntegerField("谁提的", null=True)
    label = models.CharField("谁", max_length=60)
    at = models.DateTimeField("时间")
    decider = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="谁来定"
    )
    granted = models.BooleanField("同意", null=True)
    reason = models.CharField("决定的理由", max_length=400, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)

    class Meta:
        verbose_name = "请示"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case", "kind"],
                condition=models.Q(decided_at__isnull=True),
                name="ask_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["decider", "at"],
                condition=models.Q(decided_at__isnull=True),
                name="ask_open",
            )
        ]


class Stop(models.Model):
    """A time in which the clock of a case stands still, and why; ``days`` working days in the end."""

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="stops")
    state = models.CharField("为什么停", max_length=12)
    since = models.DateTimeField("从")
    until = models.DateTimeField("最迟到")
    ended_at = models.DateTimeField("到", null=True)
    days = models.PositiveSmallIntegerField("停了几个工作日", default=0)

    class Meta:
        verbose_name = "停表"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case"],
                condition=models.Q(ended_at__isnull=True),
                name="stop_open_once",
            )
        ]


class Tally(models.Model):
    """How many public cases of a village are open and solved: the sum of its rows.

    The database adds a row with the difference whenever cases change, in the same transaction and
    without waiting for anybody; ``fold_tallies`` makes few rows of many. Figures for all to read.
    """

    county = CountyField()
    region = CodeField("村")
    open = models.IntegerField("在办")
    solved = models.IntegerField("有结果")

    class Meta:
        verbose_name = "件数"
        indexes = [models.Index(fields=["region"], include=["open", "solved"], name="tally_place")]


class ClockFault(models.Model):
    """A case that the clock could not deal with: put off alone, so that it holds no other."""

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="faults")
    work = models.CharField("哪项计时", max_length=8)
    since = models.DateTimeField("从什么时候")
    again_at = models.DateTimeField("何时再试")
    tries = models.PositiveIntegerField("试过几次", default=0)
    why = models.CharField("错在哪", max_length=60, blank=True)

    class Meta:
        verbose_name = "计时出错"
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "work"], name="clock_fault_once")
        ]


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
    """Working days by place, kind, field, level and urgency; data, changed by the county, never code.

    ``region`` empty is the shipped row; a row with the code of a county or town holds inside it.
    """

    region = CodeField("区划", blank=True, default="")
    kind = models.CharField("类别", max_length=12, blank=True, default="")
    field = models.CharField("领域", max_length=12, blank=True)
    level = models.CharField("级", max_length=8)
    urgent = models.BooleanField("紧急")
    accept = models.PositiveSmallIntegerField("受理（工作日）", default=1)
    first = models.PositiveSmallIntegerField("首次回话（工作日）", default=2)
    days = models.PositiveSmallIntegerField("办结（工作日）")

    class Meta:
        verbose_name = "办理期限"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "kind", "field", "level", "urgent"], name="deadline_once"
            )
        ]


class Confirmation(models.Model):
    """现场确认: what a neighbour saw on the spot after an answer; one word each, which may change.

    ``at`` decides which answer is meant: an older word says nothing about a newer answer.
    """

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="confirmations")
    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="+")
    solved = models.BooleanField("好了")
    photo_key = models.UUIDField("照片", null=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "现场确认"
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "person"], name="confirmation_once")
        ]


class Follow(models.Model):
    """关注: somebody wants to hear of a case without saying that the trouble is theirs.

    ``told_at`` is the time up to which the steps of the case were told.
    """

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="follows")
    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="+")
    at = models.DateTimeField("时间")
    told_at = models.DateTimeField("告知到")

    class Meta:
        verbose_name = "关注"
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "person"], name="follow_once")
        ]
        indexes = [models.Index(fields=["person", "-at", "-id"], name="follow_mine")]


class CallBack(models.Model):
    """电话回访: somebody who did not handle the case asks the reporter how the answer turned out."""

    class Why(models.TextChoices):
        """What put it into the queue."""

        UNSATISFIED = "unsatisfied", "评价不满意"
        URGENT = "urgent", "紧急件"
        PETITION = "petition", "信访件"

    class Result(models.TextChoices):
        """How it ended."""

        SATISFIED = "satisfied", "满意"
        UNSATISFIED = "unsatisfied", "还是不满意"
        REACHED = "reached", "打通了，没有评价"
        UNREACHED = "unreached", "三次没打通"

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="call_backs")
    why = models.CharField("为什么回访", max_length=12, choices=Why.choices)
    level = models.CharField(
        "哪级回访", max_length=8, choices=[(x.value, LEVEL_WORDS[x]) for x in Level]
    )
    about = models.DateTimeField("针对哪次答复")
    handler_id = models.BigIntegerField("答复的人", null=True)
    opened_at = models.DateTimeField("进队列时间")
    next_at = models.DateTimeField("下次回访")
    tries = models.PositiveSmallIntegerField("已打次数", default=0)
    result = models.CharField("结果", max_length=12, choices=Result.choices, blank=True)
    words = models.CharField("反映人的话", max_length=400, blank=True)
    done_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "电话回访"
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case", "about", "why"], name="call_back_once"
            ),
            models.UniqueConstraint(
                fields=["county", "case"],
                condition=models.Q(done_at__isnull=True),
                name="call_back_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["region", "next_at", "id"],
                condition=models.Q(done_at__isnull=True),
                name="call_back_open",
            )
        ]


class Invitation(models.Model):
    """现场邀请: villagers are asked to come and watch the work at a time and place."""

    class Whom(models.TextChoices):
        """Who is asked."""

        REPORTER = "reporter", "反映人"
        SUPPORTERS = "supporters", "反映人和附议、关注的人"
        VILLAGE = "village", "全村村民"

    county = CountyField()
    case = CountyForeignKey(Case, models.CASCADE, related_name="invitations")
    whom = models.CharField("请谁", max_length=12, choices=Whom.choices)
    meet_at = models.DateTimeField("什么时候")
    place = models.CharField("在哪里", max_length=80)
    words = models.CharField("看什么", max_length=200, blank=True)
    label = models.CharField("谁请的", max_length=60)
    made_at = models.DateTimeField("时间")
    called_off_at = models.DateTimeField("取消时间", null=True)

    class Meta:
        verbose_name = "现场邀请"


class Reply(models.Model):
    """Whether an invited villager will come; may change until the time has come."""

    county = CountyField()
    invitation = CountyForeignKey(Invitation, models.CASCADE, related_name="replies")
    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="+")
    comes = models.BooleanField("来")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "邀请回复"
        constraints = [
            models.UniqueConstraint(fields=["county", "invitation", "person"], name="reply_once")
        ]


class Mediation(models.Model):
    """调解记录: a dispute was mediated. Who the parties are and what they agreed only staff reads."""

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="mediations")
    held_on = models.DateField("调解日期")
    mediator = models.CharField("调解人", max_length=60)
    parties = models.CharField("当事人", max_length=200)
    agreed = models.BooleanField("达成协议")
    agreement = models.TextField("协议内容", max_length=2000, blank=True)
    kept = models.BooleanField("履行了", null=True)
    kept_words = models.CharField("履行情况", max_length=200, blank=True)
    kept_at = models.DateTimeField("履行登记时间", null=True)
    label = models.CharField("谁登记的", max_length=60)
    made_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "调解记录"
        indexes = [models.Index(fields=["region", "held_on"], name="mediation_month")]


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


class Mark(models.Model):
    """推诿标记: a step of a case looks like passing the buck; the supervising office weighs it.

    ``body`` is the one whose step it was. ``evidence`` holds no private word; ``quote`` may, and is
    shown only to whoever may read the case. ``known``: the officer was told and sent it all the same.
    """

    class Outcome(models.TextChoices):
        """What the supervising office made of it."""

        UNFOUNDED = "unfounded", "不成立"
        FOUNDED = "founded", "属实"
        REDONE = "redone", "已责令重新答复"

    county = CountyField()
    region = CodeField("村")
    case = CountyForeignKey(Case, models.CASCADE, related_name="marks")
    event = CountyForeignKey(CaseEvent, models.CASCADE, related_name="marks")
    kind = models.CharField(
        "种类", max_length=12, choices=[(k.value, word) for k, word in KIND_WORDS.items()]
    )
    body = models.ForeignKey(
        "accounts.Body", models.PROTECT, related_name="+", verbose_name="哪个单位"
    )
    label = models.CharField("谁", max_length=60)
    evidence = models.TextField("依据")
    quote = models.CharField("原话", max_length=80, blank=True)
    known = models.BooleanField("提醒过仍这样做", default=False)
    at = models.DateTimeField("时间")
    outcome = models.CharField("认定", max_length=12, choices=Outcome.choices, blank=True)
    reason = models.CharField("认定的理由", max_length=400, blank=True)
    settled_by = models.CharField("谁认定的", max_length=80, blank=True)
    settled_at = models.DateTimeField("认定时间", null=True)

    class Meta:
        verbose_name = "推诿标记"
        constraints = [
            models.UniqueConstraint(fields=["county", "event", "kind"], name="mark_once")
        ]
        indexes = [
            models.Index(fields=["case", "-at"], name="mark_case"),
            models.Index(
                fields=["region", "case"],
                condition=models.Q(settled_at__isnull=True),
                name="mark_open",
            ),
            models.Index(fields=["region", "at"], name="mark_month"),
        ]


class WrongCode(models.Model):
    """Slip codes that were tried and are wrong, within the hour: by address, and all together.

    ``who`` is a keyed hash of the address, or ``all``; the row is deleted after a day.
    """

    who = models.CharField("谁", max_length=64, primary_key=True)
    count = models.PositiveIntegerField("次数", default=0)
    since = models.DateTimeField("从", db_index=True)

    class Meta:
        verbose_name = "试错的查询码"
