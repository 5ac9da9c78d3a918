"""The readers of the duty list: who answers for a matter, and why, in words for a citizen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from mingbai.accounts import duties
from mingbai.accounts.duties import Line, Matter
from mingbai.accounts.models import Body, Duty, DutyList
from mingbai.accounts.queries.bodies import BodyView, body, territory_bodies, view_of
from mingbai.accounts.queries.people import in_force
from mingbai.accounts.roles import roles
from mingbai.kernel import clock
from mingbai.kernel.ports import case_fields
from mingbai.regions import queries as regions

LEVEL_WORDS: dict[str, str] = {value: str(label) for value, label in Duty.Level.choices}
_OWN_KINDS = {
    "village": ("village", "town", "county"),
    "town": ("town", "county"),
    "county": ("county",),
}
_FIRST_WORDS = {"village": "村里", "town": "镇里"}
_HOLDS_NO_CASES = {Body.Kind.DISCIPLINE, Body.Kind.PLATFORM}


@dataclass(frozen=True)
class Routing:
    """Who answers: the main body, those that assist, and one sentence that a citizen understands.

    ``supervisor`` urges the main body on; ``listed`` is False where the duty list is silent and the
    territory decided.
    """

    main: BodyView
    assisting: tuple[BodyView, ...]
    why: str
    supervisor: BodyView | None
    listed: bool


@dataclass(frozen=True)
class Forwarding:
    """An old door and the new one: the duty moved on ``since``; ``why`` is the line for the history."""

    old: BodyView
    new: BodyView
    since: date
    why: str


def responsible(
    county: str,
    region: str,
    field: str,
    sub: str = "",
    level: str = "village",
    day: date | None = None,
) -> Routing | None:
    """Return who answers for a matter in a place on a level; None in a county without any body.

    ``region`` is the code of the village, ``sub`` a part of the field when it is known, ``day``
    today when it is left out. What the list does not name goes to the place's own body; with an
    empty ``field`` (不知道归谁管) to the town's desk. A body in which nobody works hands on to
    whoever supervises it. Three queries.
    """
    on = day or clock.today()
    near = territory_bodies(region)
    rows = _rows(county, field, region)
    matter = Matter(field, sub, level, regions.scope_of(region))
    line = duties.main_line(map(_line, rows), matter, on)
    known = {b.pk: b for row in rows for b in (row.body, row.supervisor) if b is not None}
    own = _own(near, level if field else "town")
    named = view_of(known[line.body]) if line else own
    if named is None:
        return None
    supervisor = _supervisor(line, known)
    main = _staffed([named, *_behind(named, supervisor, near)])
    helping = duties.assisting_lines(map(_line, rows), matter, on)
    return Routing(
        main=main,
        assisting=tuple(view_of(known[x.body]) for x in helping if x.body != main.id),
        why=_why(matter, line, named, main, near),
        supervisor=supervisor,
        listed=line is not None,
    )


def department_for(county: str, field: str) -> BodyView | None:
    """Return the body that the list names for a field in the whole county today, or None."""
    rows = _rows(county, field, f"{county}000000")
    line = duties.main_line(map(_line, rows), Matter(field, "", "county", county), clock.today())
    return next((view_of(row.body) for row in rows if line and row.body_id == line.body), None)


def forwarding(
    *, body_id: int, county: str, region: str, field: str, sub: str = "", day: date | None = None
) -> Forwarding | None:
    """Return where a matter goes on to that is handed to ``body_id`` after its duty moved; else None.

    None as well for a body that never had the duty: whoever hands over knows why.
    """
    on = day or clock.today()
    rows = _rows(county, field, region)
    lines = [_line(row) for row in rows]
    scope = regions.scope_of(region)
    lost = [
        line
        for level in duties.LEVELS
        if (line := duties.lost_line(lines, body_id, Matter(field, sub, level, scope), on))
    ]
    if not lost:
        return None
    old_line = max(lost, key=lambda x: (x.until or x.since, duties.LEVELS.index(x.level)))
    matter = Matter(field, sub, old_line.level, scope)
    heir = duties.main_line(lines, matter, on)
    if heir is None or heir.body == body_id:
        return None
    found = responsible(county, region, field, sub, old_line.level, on)
    if found is None or found.main.id == body_id:
        return None
    old = next(view_of(row.body) for row in rows if row.body_id == body_id)
    return Forwarding(old, found.main, heir.since, _moved(matter, old, found.main, heir))


def duty_lines(county: str) -> list[Line]:
    """Return every line of the list in force in a county, ended ones too, in the order of the list."""
    rows = Duty.objects.filter(county=county, version__current=True)
    return [_line(row) for row in rows.order_by("id")]


def field_word(field: str, sub: str = "") -> str:
    """Return the Chinese word of a field, or of its part; the code where it is unknown."""
    found = case_fields().get(field)
    if found is None:
        return field
    return found.parts.get(sub, found.name) if sub else found.name


def _rows(county: str, field: str, region: str) -> list[Duty]:
    """Return the lines for a field that hold somewhere around a place, of whatever day."""
    scope = regions.scope_of(region)
    around = {scope[:n] for n in range(2, len(scope) + 1)}
    rows = Duty.objects.filter(county=county, version__current=True, field=field, scope__in=around)
    return list(rows.select_related("body", "supervisor").order_by("id"))


def _line(row: Duty) -> Line:
    return Line(
        body=row.body_id,
        field=row.field,
        sub=row.sub,
        level=row.level,
        scope=row.scope,
        main=row.main,
        since=row.since,
        until=row.until,
        basis=row.basis,
        supervisor=row.supervisor_id,
    )


def _own(near: Sequence[BodyView], level: str) -> BodyView | None:
    """Return the place's own body on a level, or the next one above that there is."""
    kinds = _OWN_KINDS[level]
    found = [b for b in near if b.kind in kinds]
    return min(found, key=lambda b: kinds.index(b.kind), default=None)


def _supervisor(line: Line | None, known: dict[int, Body]) -> BodyView | None:
    if line is None:
        return None
    if line.supervisor is not None:
        return view_of(known[line.supervisor])
    parent = known[line.body].parent_id
    return body(parent) if parent is not None else None


def _behind(
    named: BodyView, supervisor: BodyView | None, near: Iterable[BodyView]
) -> list[BodyView]:
    """Return who steps in for a body, in order: its supervisor, then what stands above it nearby."""
    rank = duties.RANK[named.kind]
    above = [b for b in near if duties.RANK[b.kind] > rank or b.kind == Body.Kind.COUNTY]
    steps = [supervisor, *above] if supervisor else above
    return [b for b in steps if b.kind not in _HOLDS_NO_CASES and b.id != named.id]


def _staffed(steps: Sequence[BodyView]) -> BodyView:
    """Return the first body in which somebody works who may handle cases; the first if there is none."""
    handling = [code for code, role in roles().items() if role.handles_cases]
    posts = in_force().filter(body_id__in=[b.id for b in steps], role__in=handling)
    manned = set(posts.values_list("body_id", flat=True))
    return next((b for b in steps if b.id in manned), steps[0])


def _why(
    matter: Matter, line: Line | None, named: BodyView, main: BodyView, near: Sequence[BodyView]
) -> str:
    empty = "" if main.id == named.id else f"；{named.name}现在没有人在岗，先由{main.name}接办"
    if not matter.field:
        return f"不知道归谁管也不要紧，{named.name}先接下，再转给该办的单位{empty}。"
    word = field_word(matter.field, matter.sub if line and line.sub else "")
    if line is None:
        return f"职责清单没有写明“{word}”归谁管，按所在的地方由{named.name}来办{empty}。"
    said = f"{word}归{named.name}管（{_month(line.since)}起）"
    first = _FIRST_WORDS.get(near[0].kind, "") if near else ""
    if matter.level != "village" and first and near[0].id != named.id and not empty:
        said += f"，{first}先接"
    return f"{said}{empty}。"


def _moved(matter: Matter, old: BodyView, new: BodyView, heir: Line) -> str:
    word = field_word(matter.field, matter.sub if heir.sub else "")
    basis = f"（{heir.basis}）" if heir.basis else ""
    return f"{word}从 {_date(heir.since)}起不归{old.name}管，改由{new.name}管{basis}，已转过去。"


def _month(day: date) -> str:
    return f"{day.year} 年 {day.month} 月"


def _date(day: date) -> str:
    return f"{_month(day)} {day.day} 日"


def duty_version(county: str) -> int:
    """Return the number of the list in force, 0 when there is none."""
    rows = DutyList.objects.filter(county=county, current=True)
    return rows.values_list("number", flat=True).first() or 0


def last_version(county: str) -> int:
    """Return the highest number that a county's lists have used."""
    found: int | None = DutyList.objects.filter(county=county).aggregate(n=Max("number"))["n"]
    return found or 0


def lines_of(version: DutyList) -> list[Line]:
    """Return the lines of one version."""
    return [_line(row) for row in version.lines.order_by("id")]
