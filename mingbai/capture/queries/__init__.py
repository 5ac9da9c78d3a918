"""The readers of capture. Talk is given only to those who may read it, and each reading is on record."""

from mingbai.capture.queries.answers import (
    policy_note,
    policy_notes,
    policy_places,
    questions,
    suggestions,
)
from mingbai.capture.queries.desk import (
    Narrowing,
    open_finding,
    places,
    ruled_today,
    rulings_today,
    undoable,
    waiting,
    waiting_count,
)
from mingbai.capture.queries.groups import (
    GroupPage,
    coverage,
    group,
    group_page,
    may_keep,
    notice,
    villages,
)
from mingbai.capture.queries.keeping import kept_and_forgotten, lag
from mingbai.capture.queries.patrol import (
    Shown,
    group_talk,
    next_unread,
    patrol_figures,
    patrolled,
    reach_of,
    rounds,
    talk_of,
)
from mingbai.capture.queries.reach import reads_talk, require_clerk
from mingbai.capture.queries.rulings import ruled_finding, rulings_of
from mingbai.capture.queries.second import (
    blind,
    dispute_count,
    disputes,
    first_ruling,
    second_count,
    to_read_again,
)
from mingbai.capture.queries.subfields import subfield_word, subfields
from mingbai.capture.queries.words import (
    FIELD_WORDS,
    KIND_WORDS,
    MODE_WORDS,
    PLATFORM_WORDS,
    STATUS_WORDS,
    VERB_WORDS,
)

__all__ = [
    "FIELD_WORDS",
    "KIND_WORDS",
    "MODE_WORDS",
    "PLATFORM_WORDS",
    "STATUS_WORDS",
    "VERB_WORDS",
    "GroupPage",
    "Narrowing",
    "Shown",
    "blind",
    "coverage",
    "dispute_count",
    "disputes",
    "first_ruling",
    "group",
    "group_page",
    "group_talk",
    "kept_and_forgotten",
    "lag",
    "may_keep",
    "next_unread",
    "notice",
    "open_finding",
    "patrol_figures",
    "patrolled",
    "places",
    "policy_note",
    "policy_notes",
    "policy_places",
    "questions",
    "reach_of",
    "reads_talk",
    "require_clerk",
    "rounds",
    "ruled_finding",
    "ruled_today",
    "rulings_of",
    "rulings_today",
    "second_count",
    "subfield_word",
    "subfields",
    "suggestions",
    "talk_of",
    "to_read_again",
    "undoable",
    "villages",
    "waiting",
    "waiting_count",
]
