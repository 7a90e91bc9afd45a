"""Consents, what happened to accounts, rescued accounts, and looks of staff."""

import datetime

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# What happened to an account is only ever added to, like the access log.
APPEND_ONLY = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON sharing_accountevent
FROM {settings.DATABASE_APP_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0005_care_circle"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountRecovery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        max_length=500, verbose_name="how you know who it is"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("ready_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recoveries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None), ("stopped_at", None)),
                        fields=("user",),
                        name="sharing_recovery_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done_at", None),
                            models.Q(
                                ("done_at__gte", models.F("ready_at")),
                                ("stopped_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="sharing_recovery_waits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("version", models.CharField(max_length=10)),
                (
                    "given_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "version"), name="sharing_consent_given_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("user_pk", models.BigIntegerField(null=True)),
                ("by_pk", models.BigIntegerField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("signed_out", "Signed out"),
                            ("others_out", "Other places were signed out"),
                            ("password_refused", "A wrong password was refused"),
                            ("step_refused", "A wrong second step was refused"),
                            ("password_changed", "The password was changed"),
                            ("password_reset", "A new password was set by mail"),
                            ("passkey_added", "A passkey was added"),
                            ("passkey_removed", "A passkey was removed"),
                            ("app_on", "The authenticator app was turned on"),
                            ("app_off", "The authenticator app was turned off"),
                            ("codes_made", "Recovery codes were made"),
                            ("code_used", "A recovery code was used"),
                            ("email_added", "An e-mail address was added"),
                            ("email_changed", "The e-mail address was changed"),
                            ("email_removed", "An e-mail address was removed"),
                            ("consented", "Agreed to how CapLeak keeps the diary"),
                            (
                                "rescue_asked",
                                "Staff were asked to remove the second step",
                            ),
                            ("rescue_stopped", "The removal was stopped"),
                            ("rescue_done", "Staff removed the second step"),
                            ("staff_looked", "Staff opened a diary, with a reason"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "device",
                    models.CharField(
                        choices=[
                            ("phone", "phone"),
                            ("computer", "computer"),
                            ("other", "other device"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["user_pk", "-at"], name="sharing_account_event_of"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="grant",
            name="reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name="grant",
            name="kind",
            field=models.CharField(
                choices=[
                    ("caregiver", "Caregiver"),
                    ("clinician", "Clinician"),
                    ("staff", "Staff of this site"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="grantevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("caregiver", "Caregiver"),
                    ("clinician", "Clinician"),
                    ("staff", "Staff of this site"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "staff"), _negated=True),
                    models.Q(
                        models.Q(("reason", ""), _negated=True),
                        ("expires_at__isnull", False),
                        (
                            "expires_at__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("starts_at"),
                                "+",
                                models.Value(datetime.timedelta(seconds=1800)),
                            ),
                        ),
                        ("permissions", ["view"]),
                    ),
                    _connector="OR",
                ),
                name="sharing_grant_staff_look_is_short",
            ),
        ),
    ]
