"""窗口代办: an officer files for somebody who stands there; name and phone are theirs to give."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from mingbai.cases.commands.intake import submit_case
from mingbai.cases.models import Case, Contact
from mingbai.kernel import scopes, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.uploads import StoredFile


@transaction.atomic
def file_walk_in(
    *,
    actor: Actor,
    token: UUID,
    region: str,
    text: str,
    field: str,
    kind: str = "request",
    place: str = "",
    urgent: bool = False,
    is_public: bool = True,
    name: str = "",
    phone: str = "",
    for_family: bool = False,
    files: Sequence[StoredFile] = (),
) -> str:
    """File a case at the counter as ``submit_case`` does and return its number; the name is sealed too.

    The same ``token`` returns the number given before and changes nothing. Raises as ``submit_case``.
    """
    number = submit_case(
        actor=actor,
        token=token,
        region=region,
        text=text,
        field=field,
        kind=kind,
        place=place,
        urgent=urgent,
        is_public=is_public,
        phone=phone,
        for_family=for_family,
        source=Case.Source.DESK.value,
        files=files,
    )
    called = name.strip()[:40]
    if called:
        with scopes.widen(region):
            _keep_name(region[:6], number, called, for_family=for_family)
    return number


def _keep_name(county: str, number: str, name: str, *, for_family: bool) -> None:
    case = Case.objects.get(county=county, number=number)
    place = f"{county}:{case.pk}"
    contact, _ = Contact.objects.get_or_create(
        county=county,
        case=case,
        defaults={
            "region": case.region,
            "phone_sealed": sealing.seal("", f"contact:{place}"),
            "for_family": for_family,
        },
    )
    if contact.name_sealed is None:
        contact.name_sealed = sealing.seal(name, f"contact-name:{place}")
        contact.save(update_fields=["name_sealed"])
