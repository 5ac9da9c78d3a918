"""The writers of the drop box."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction

from mingbai.audit.commands import record
from mingbai.clues import policies, sealing
from mingbai.clues.models import OfficeKey, SealedClue
from mingbai.kernel import clock, scopes, uploads
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial
from mingbai.regions import queries as regions


def hand_over(material: ClueMaterial) -> bool:
    """Seal ``material`` for the county's discipline office, in the running transaction.

    False when the office has no key in force: nothing is stored then, and the caller must keep the
    material unseen. No audit entry and no notice: outside of the parcel nothing tells that it exists.
    """
    with _inside(material.county):
        key = OfficeKey.objects.filter(county=material.county, retired_at__isnull=True).first()
        if key is None:
            return False
        _insert(key, material)
    return True


@contextmanager
def _inside(county: str) -> Iterator[None]:
    """See the county's key: whoever files may see less than the county."""
    now = scopes.current()
    if now is not None and now.scope and county.startswith(now.scope):
        yield
        return
    with scopes.widen(county):
        yield


def _insert(key: OfficeKey, material: ClueMaterial) -> None:
    identity = uuid.uuid4()
    content = {
        "text": material.text,
        "source": material.source,
        "region": material.region,
        "place": " ".join(r.name for r in regions.path(material.region)[-2:]),
        "author": material.author,
        "said_at": material.said_at.isoformat(),
        "attachments": [_photo(digest) for digest in material.attachments],
    }
    parcel = sealing.seal(content, bytes(key.public), about(material.county, identity))
    with connection.cursor() as cursor:
        # INSERT without RETURNING: this role may not read the table.
        cursor.execute(
            f"INSERT INTO {SealedClue._meta.db_table}"  # noqa: S608 - a constant name
            " (id, county, key_id, day, ephemeral, nonce, parcel) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                identity,
                material.county,
                key.pk,
                clock.today(),
                parcel.ephemeral,
                parcel.nonce,
                parcel.sealed,
            ],
        )


def _photo(digest: str) -> dict[str, str]:
    """Return a stored photo's own bytes: the parcel holds the only copy that is left."""
    data = uploads.path(digest).read_bytes()
    return {"mime": "image/jpeg", "data": base64.b64encode(data).decode()}


def keep_key(*, actor: Actor, public: bytes, wrapped: Mapping[str, Any]) -> None:
    """Keep the office's new public key and wrapped private key, both made in the clerk's browser.

    Raises ``Missing`` for anybody else, ``Refused`` when a key is in force, ``BadInput`` for a
    malformed key.
    """
    if not policies.may_open(actor):
        raise Missing
    if not sealing.is_usable(public, wrapped):
        raise BadInput("密钥格式不对，请刷新页面重新生成。")
    if actor.body_id is None:
        raise Missing
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        try:
            with transaction.atomic():
                key = OfficeKey.objects.create(
                    county=actor.county,
                    body_id=actor.body_id,
                    public=public,
                    wrapped=dict(wrapped),
                    made_at=clock.now(),
                    made_by=actor.person_id,
                )
        except IntegrityError as taken:
            raise Refused("本办公室已有密钥，不能再生成一把。") from taken
        record(
            actor=actor,
            verb="make_key",
            thing="office_key",
            thing_id=str(key.pk),
            county=actor.county,
        )


def about(county: str, identity: uuid.UUID) -> str:
    """Return what binds a parcel to its row."""
    return f"{county}:{identity}"
