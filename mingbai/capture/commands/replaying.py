"""Putting a chat export through the same path as live messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from mingbai.capture.commands.digesting import digest
from mingbai.capture.commands.intake import receive
from mingbai.capture.commands.registering import HOLDS_GROUPS, register_group
from mingbai.capture.events import Digested, GroupRow, InboundMessage, Received, ReplayReport
from mingbai.capture.models import ChatGroup
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput
from mingbai.regions import commands as region_commands
from mingbai.regions import queries as regions

PLATFORM = "export"
BATCH = 2000


def replay(
    *,
    county: str,
    messages: Sequence[InboundMessage],
    groups: Mapping[str, GroupRow] | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ReplayReport:
    """Take ``messages`` in and read them all; return what was received, found and made.

    A group is matched by its id; else by ``groups`` (a groups file); else by its village's name
    inside ``county`` when exactly one village has it; else a local unit is added for it. Raises
    ``BadInput`` before anything is written, or when a group could not be read.
    """
    if not county.isdigit() or len(county) != 6:
        raise BadInput(f"县代码应是 6 位数字，现在是“{county}”。")
    if not regions.regions([f"{county}000000"]):
        raise BadInput(
            f"还没有载入县 {county} 的区划，请先执行 mingbai regions load --city {county[:4]}。"
        )
    _check(county, messages, groups or {})
    by_group: dict[str, list[InboundMessage]] = defaultdict(list)
    for message in messages:
        by_group[message.group].append(message)
    made: list[tuple[str, str]] = []
    total, got = len(messages), Received(0, 0, 0)
    for external_id, lines in sorted(by_group.items()):
        group_id = _group(county, external_id, lines[0].village, groups or {}, made)
        for start in range(0, len(lines), BATCH):
            part = lines[start : start + BATCH]
            got += receive(group_id=group_id, county=county, messages=part)
            on_progress(got.all, 2 * total)
    digested = Digested()
    while (step := digest(county=county, everything=True)).messages:
        digested += step
        on_progress(total + digested.messages, 2 * total)
    if step.failed:
        raise BadInput(f"{step.failed} 个群的消息已收下，但没有读完。请查看运行记录后再执行一次。")
    return ReplayReport(got, digested, len(by_group), tuple(made))


def _check(county: str, messages: Sequence[InboundMessage], given: Mapping[str, GroupRow]) -> None:
    for number, message in enumerate(messages, start=1):
        if fault := message.fault():
            raise BadInput(f"第 {number} 条消息收不下：{fault}。")
    known = regions.regions({row.region for row in given.values()})
    for row in given.values():
        place = known.get(row.region)
        if place is None or place.county != county or place.level not in HOLDS_GROUPS:
            raise BadInput(
                f"群对照表第 {row.line} 行：{county} 县里没有代码为 {row.region} 的村或社区。"
            )


def _group(
    county: str,
    external_id: str,
    village: str,
    given: Mapping[str, GroupRow],
    made: list[tuple[str, str]],
) -> int:
    with scopes.enter(scope=county):
        known = ChatGroup.objects.filter(county=county, external_id=external_id).first()
        if known is not None:
            return known.pk
    row = given.get(external_id)
    if row is not None:
        region, name = row.region, row.name
    else:
        name = f"{village or external_id}群"
        found = regions.find_village(county, village) if village else None
        if found is None:
            unit = _local_unit(county, village or external_id, made)
            region = unit
        else:
            region = found.code
    return register_group(
        actor=None, region=region, platform=PLATFORM, external_id=external_id, name=name
    )


def _local_unit(county: str, name: str, made: list[tuple[str, str]]) -> str:
    for code, known in made:
        if known == name:
            return code
    unit = region_commands.add_local_unit(actor=None, parent=f"{county}000000", name=name)
    made.append((unit.code, unit.name))
    return str(unit.code)
