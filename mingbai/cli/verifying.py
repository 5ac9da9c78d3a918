"""`mingbai verify`: what must hold after any crash, checked against the tables.

I1 every acknowledged input exists exactly once; I2 every case has one state reachable by the table
of moves and one holder; I4 no task is lost; files of cases are there and unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from django.db import connection

from mingbai.cases.states import ASCENDING, AT_PETITION, MOVES, OPEN, STOPPED, State
from mingbai.kernel import scopes, uploads
from mingbai.regions import queries as regions

Say = Callable[[str], None]

_CHECKS: tuple[tuple[str, str], ...] = (
    (
        "每件恰好一个件号",
        """
        SELECT number FROM cases_case WHERE county = %(county)s GROUP BY number HAVING count(*) <> 1""",
    ),
    (
        "件号没有超过计数",
        """
        SELECT c.number FROM cases_case c LEFT JOIN cases_counter k ON k.county = c.county
           AND k.month = substr(c.number, 8, 4)
        WHERE c.county = %(county)s AND coalesce(k.last, 0) < substr(c.number, 13)::int""",
    ),
    (
        "每件都有提交记录",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND NOT EXISTS (
           SELECT 1 FROM cases_caseevent e WHERE e.county = c.county AND e.case_id = c.id AND e.before = '')""",
    ),
    (
        "现在的状态就是最后一步的结果",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND c.state <> (
           SELECT e.after FROM cases_caseevent e WHERE e.county = c.county AND e.case_id = c.id
              AND e.verb = ANY(%(moves)s) ORDER BY e.at DESC, e.id DESC LIMIT 1)""",
    ),
    (
        "附议人数和附议记录一致",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND c.supports <> (
           SELECT count(*) FROM cases_support s WHERE s.county = c.county AND s.case_id = c.id)""",
    ),
    (
        "每件都留了痕",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND NOT EXISTS (
           SELECT 1 FROM audit_entry a WHERE a.thing = 'case' AND a.thing_id = c.number)""",
    ),
    (
        "交了的草稿都有件",
        """
        SELECT d.key::text FROM cases_draft d WHERE d.county = %(county)s AND d.number <> '' AND NOT EXISTS (
           SELECT 1 FROM cases_case c WHERE c.county = d.county AND c.number = d.number)""",
    ),
    (
        "在哪级和承办单位一致",
        """
        SELECT c.number FROM cases_case c JOIN accounts_body b ON b.id = c.body_id
        WHERE c.county = %(county)s AND c.level <> CASE
           WHEN b.region_id LIKE '____00000000' AND b.region_id NOT LIKE '__0000000000' THEN 'city'
           WHEN b.kind IN ('village', 'town') THEN b.kind ELSE 'county' END""",
    ),
    (
        "停表和状态一致",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND (c.state = ANY(%(stopped)s)) <> (
           c.stopped_at IS NOT NULL AND EXISTS (SELECT 1 FROM cases_stop s WHERE s.county = c.county
              AND s.case_id = c.id AND s.ended_at IS NULL))""",
    ),
    (
        "在办的件都排了下一步计时",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND c.next_at IS NULL
           AND (c.state = ANY(%(stopped)s)
              OR c.state = ANY(%(ascending)s) AND c.steps_done NOT LIKE '%%escalate%%'
              OR c.state = ANY(%(petition)s) AND c.steps_done NOT LIKE '%%overdue%%')""",
    ),
    (
        "计时没有拖过一天",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND c.next_at < now() - interval '1 day'""",
    ),
    (
        "并件都指到另一件",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s
           AND (c.state = 'merged') <> (c.merged_into_id IS NOT NULL)""",
    ),
    (
        "会办和请示都挂在没结束的件上",
        """
        SELECT c.number FROM cases_case c WHERE c.county = %(county)s AND (
           NOT c.state = ANY(%(open)s) AND EXISTS (SELECT 1 FROM cases_part p WHERE p.county = c.county
              AND p.case_id = c.id AND p.done_at IS NULL)
           OR EXISTS (SELECT 1 FROM cases_ask a WHERE a.county = c.county AND a.case_id = c.id
              AND a.decided_at IS NULL AND (a.kind = 'reopen') <> (c.state IN ('answered', 'closed'))))""",
    ),
    (
        "收下的每条群消息恰好登记一次",
        """
        SELECT m.external_id FROM capture_message m WHERE m.county = %(county)s AND NOT EXISTS (
           SELECT 1 FROM capture_seen s WHERE s.county = m.county AND s.external_id = m.group_id || ':' || m.external_id)""",
    ),
    (
        "立了件的识别结果都有件",
        """
        SELECT f.key FROM capture_finding f WHERE f.county = %(county)s AND f.status IN ('filed', 'merged')
           AND NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.county = f.county AND c.number = f.case_number)""",
    ),
    (
        "待发的通知都有任务",
        """
        SELECT d.id::text FROM notices_delivery d WHERE d.county = %(county)s AND d.state = 'waiting'
           AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'notices.deliver'
              AND (j.args->>'delivery_id')::bigint = d.id AND j.status IN ('todo', 'doing'))""",
    ),
)


def verify(say: Say) -> list[str]:
    """Check every county; say each line and return the faults found."""
    with scopes.enter():
        counties = [c for c in regions.counties() if _used(c)]
    faults: list[str] = []
    for county in counties:
        with scopes.enter(scope=county):
            for words, statement in _CHECKS:
                bad = [f"{county} {words}：{one}" for one in _rows(statement, county)]
                faults += bad
            faults += [f"{county} 不合流程：{one}" for one in _impossible(county)]
            faults += [f"{county} 附件：{one}" for one in _files(county)]
        say(f"{county}：查了 {len(_CHECKS) + 2} 项")
    for fault in faults:
        say(fault)
    return faults


def _used(county: str) -> bool:
    with scopes.enter(scope=county), connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM cases_case WHERE county = %(county)s)"
            " OR EXISTS (SELECT 1 FROM capture_message WHERE county = %(county)s)",
            {"county": county},
        )
        return bool(cursor.fetchone()[0])


def _rows(statement: str, county: str) -> list[str]:
    moves = ["submit", *(m.verb for m in MOVES)]
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "county": county,
                "moves": moves,
                "open": sorted(OPEN),
                "stopped": sorted(STOPPED),
                "ascending": sorted(ASCENDING),
                "petition": sorted(AT_PETITION),
            },
        )
        return [str(row[0]) for row in cursor.fetchall()]


def _impossible(county: str) -> Iterator[str]:
    """Yield cases whose history takes a step that the table does not have."""
    allowed = {(m.verb, str(s), str(m.after(s))) for m in MOVES for s in m.sources}
    verbs = {m.verb for m in MOVES}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.number, e.verb, e.before, e.after FROM cases_caseevent e JOIN cases_case c"
            " ON c.county = e.county AND c.id = e.case_id WHERE e.county = %s ORDER BY c.id, e.at, e.id",
            [county],
        )
        stands: dict[str, str] = {}
        for number, verb, before, after in cursor:
            if verb in verbs:
                if (verb, before, after) not in allowed or stands.get(number) != before:
                    yield f"{number} {verb} {before} → {after}"
                stands[number] = after
            elif verb == "submit":
                stands[number] = str(State.SUBMITTED)


def _files(county: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT digest FROM cases_attachment WHERE county = %s", [county])
        digests = [row[0] for row in cursor.fetchall()]
    for digest in digests:
        path = uploads.path(digest)
        if not path.exists():
            yield f"{digest[:12]} 不见了"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{digest[:12]} 内容变了"
