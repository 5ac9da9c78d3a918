"""Sealed material and the public keys it is sealed to. Nothing here can be read on this host."""

from __future__ import annotations

import uuid

from django.db import models

from mingbai.kernel.fields import CountyField


class OfficeKey(models.Model):
    """A county discipline office's X25519 key: public half, and the private half wrapped in the browser.

    The wrap is AES-256-GCM under a key that argon2id derives from a passphrase only the office knows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    county = CountyField()
    body = models.ForeignKey("accounts.Body", models.PROTECT, related_name="+", verbose_name="单位")
    public = models.BinaryField("公钥")
    wrapped = models.JSONField("包裹的私钥")
    made_at = models.DateTimeField("生成时间")
    made_by = models.BigIntegerField("生成人", null=True)
    retired_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "办公室密钥"
        constraints = [
            models.UniqueConstraint(
                fields=["county"],
                condition=models.Q(retired_at__isnull=True),
                name="one_key_in_force",
            )
        ]


class SealedClue(models.Model):
    """One sealed parcel. Neither its time of day, source nor place can be read without the key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    county = CountyField()
    key = models.ForeignKey(OfficeKey, models.PROTECT, related_name="+")
    day = models.DateField("收到日")
    ephemeral = models.BinaryField("临时公钥")
    nonce = models.BinaryField("随机数")
    parcel = models.BinaryField("密文")

    class Meta:
        verbose_name = "密封线索"
        indexes = [models.Index(fields=["county", "-day", "id"], name="clue_office")]
