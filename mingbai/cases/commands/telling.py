"""Who is told of what happened to a case: villagers, whoever holds it, whoever supervises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mingbai.accounts import queries as accounts
from mingbai.cases.models import Case, Support
from mingbai.cases.states import LEVEL_WORDS, Level
from mingbai.kernel import masking
from mingbai.kernel.actors import Actor
from mingbai.notices import commands as notices

_FEW = 3  # so many notices of one title to one person stay single; more become one
_DESK = "/desk/cases"


class Postman:
    """Collects notices and writes them at once; looks up each office's people once."""

    def __init__(self) -> None:
        self._letters: list[notices.Letter] = []
        self._staff: dict[int, list[accounts.PostView]] = {}
        self._above: dict[int, accounts.BodyView | None] = {}
        self._discipline: dict[str, list[int]] = {}
        self._names: dict[int, str] = {}

    def name(self, body_id: int) -> str:
        """Return the name of a body."""
        if body_id not in self._names:
            self._names[body_id] = accounts.body(body_id).name
        return self._names[body_id]

    def staff(self, body_id: int) -> list[accounts.PostView]:
        """Return who holds a post in the body today."""
        if body_id not in self._staff:
            self._staff[body_id] = accounts.staff_of(body_id)
        return self._staff[body_id]

    def above(self, body_id: int) -> accounts.BodyView | None:
        """Return the body that supervises another."""
        if body_id not in self._above:
            self._above[body_id] = accounts.body_above(body_id)
        return self._above[body_id]

    def to_people(self, case: Case, people: Iterable[int], title: str, text: str) -> None:
        """Tell villagers, with a link to the case's page."""
        for person in sorted(set(people)):
            self._add(case, person, title, text, f"/c/{case.number}")

    def to_body(self, case: Case, body_id: int, title: str, text: str) -> None:
        """Tell everybody of a body, with a link to the desk."""
        for person in sorted({post.person_id for post in self.staff(body_id)}):
            self._add(case, person, title, text, f"{_DESK}/{case.number}")

    def to_handler(self, case: Case, title: str, text: str) -> None:
        """Tell the named handler if there is one still in the post, else everybody of the body."""
        staff = self.staff(case.body_id)
        handlers = {post.person_id for post in staff if post.id == case.handler_id}
        for person in sorted(handlers or {post.person_id for post in staff}):
            self._add(case, person, title, text, f"{_DESK}/{case.number}")

    def to_discipline(self, case: Case, title: str, text: str) -> None:
        """Tell the town's discipline office, which watches and does not handle."""
        town = case.region[:9]
        if town not in self._discipline:
            found = accounts.people_with_role("town_discipline", region=case.region)
            self._discipline[town] = sorted({post.person_id for post in found})
        for person in self._discipline[town]:
            self._add(case, person, title, text, f"/c/{case.number}")

    def deliver(self) -> None:
        """Write what was collected; many of one kind to one officer become one notice with a list."""
        piles: dict[tuple[int, str, bool], list[notices.Letter]] = defaultdict(list)
        for letter in self._letters:
            pile = piles[letter.person_id, letter.title, letter.link.startswith(_DESK)]
            pile.append(letter)
        sent: list[notices.Letter] = []
        for (_, title, desk), pile in piles.items():
            sent += [_bundle(title, pile)] if desk and len(pile) > _FEW else pile
        self._letters = []
        if sent:
            notices.notify_all(sent)

    def _add(self, case: Case, person: int, title: str, text: str, link: str) -> None:
        self._letters.append(
            notices.Letter(person, case.county, title, text, link, "case", case.number)
        )


def _bundle(title: str, pile: list[notices.Letter]) -> notices.Letter:
    first = pile[0]
    numbers = "、".join(letter.thing_id for letter in pile[:_FEW])
    text = f"共 {len(pile)} 件：{numbers}等，请打开清单看。"
    return first._replace(title=f"{title}（{len(pile)} 件）", text=text, link=_DESK, thing_id="")


def tell_body(case: Case, title: str, text: str) -> None:
    """Write a notice to the officers of the body that holds the case."""
    notices.notify_body(
        body_id=case.body_id,
        county=case.county,
        title=title,
        text=text,
        link=f"{_DESK}/{case.number}",
        thing="case",
        thing_id=case.number,
    )


def name_of(case: Case) -> str:
    """Return how a notice names the case: by title, or by number alone when it is not public."""
    return f"“{masking.text(case.title)}”" if case.is_public else f"件 {case.number} "


_TOLD: dict[str, tuple[str, str]] = {
    "accept": ("已受理", "你反映的{name}，{body}已受理。"),
    "refuse": ("不予受理", "你反映的{name}没有受理，理由和该找的地方写在里面。"),
    "assign": ("已交办", "你反映的{name}，已交给{body}办。"),
    "redirect": ("已改交", "你反映的{name}，上一级裁定由{body}来办。"),
    "start": ("开始办理", "你反映的{name}，{body}开始办了。"),
    "progress": ("有进展", "你反映的{name}有新进展。"),
    "ask_reporter": ("请你补充情况", "{name}还缺些情况，请打开看一看、补一补。补充前时钟暂停。"),
    "resume": ("接着办", "你反映的{name}，{body}接着办，时钟恢复。"),
    "wake": ("接着办", "你反映的{name}，时钟恢复，{body}接着办。"),
    "invite": ("请来会办", "你反映的{name}，{body}牵头，请了别的单位一起办。"),
    "extend": ("延期一次", "你反映的{name}延期一次，理由写在里面。"),
    "suspend": ("已挂起", "你反映的{name}经上一级批准挂起，理由和恢复的日子写在里面。"),
    "merge": (
        "已并入另一件",
        "你反映的{name}和别人反映的是同一件事，已并到一起办，有结果会告诉你。",
    ),
    "unmerge": ("已撤销并件", "你反映的{name}重新单独办理。"),
    "transfer": ("已转信访局", "你反映的{name}已转{body}，15 天内告知你是否受理。"),
    "register": ("信访已受理", "你反映的{name}，{body}已登记受理，60 天内办结。"),
    "send_back": ("退回原单位", "{name}不属信访事项，由{body}接着办。"),
    "answer": ("已答复，请你评价", "{name}已答复。办得怎么样，请评一评。"),
    "conclude": ("已答复，请你评价", "{name}，{body}已出具处理意见，请看一看、评一评。"),
    "escalate": ("已升级", "{name}到期没办完，已升到{level}，由{body}来办。"),
    "reopen": ("退回重办", "你不满意{name}的答复，已退回重办，由{body}来办。"),
    "claim": ("退回重办", "你要求重办{name}，由{body}来办。"),
    "grant_reopen": ("退回重办", "{name}经上一级同意重办，由{body}来办。"),
    "close": ("已办结", "{name}已办结。"),
}
_TO_SUPPORTERS = frozenset({"answer", "conclude", "close", "grant_reopen"})
_HANDED = frozenset(
    {
        "assign",
        "redirect",
        "escalate",
        "lift",
        "reopen",
        "claim",
        "grant_reopen",
        "transfer",
        "send_back",
    }
)


def tell_move(post: Postman, case: Case, verb: str, actor: Actor) -> None:
    """Collect the notices of a move: reporter, supporters at the end, and whoever has it now."""
    fill = {
        "name": name_of(case),
        "body": post.name(case.body_id),
        "level": LEVEL_WORDS[Level(case.level)],
    }
    if verb in _TOLD:
        title, text = _TOLD[verb]
        people = _people(case, verb) - {actor.person_id or 0}
        post.to_people(case, people, title, text.format(**fill))
    if verb in _HANDED:
        urgent = "紧急，" if case.urgent else ""
        said = f"{urgent}{name_of(case)}由你们承办，请按期办理。"
        post.to_body(case, case.body_id, "有一件交到你们这里", said)
    if verb == "withdraw":
        said = f"{name_of(case)}反映人自己撤回了，不用再办。"
        post.to_body(case, case.body_id, "反映人已撤回", said)


def _people(case: Case, verb: str) -> set[int]:
    people = {case.reporter_id} if case.reporter_id else set()
    if verb in _TO_SUPPORTERS:
        known = Support.objects.filter(county=case.county, case=case, person__isnull=False)
        people |= {p for p in known.values_list("person_id", flat=True) if p}
    return people
