from django.apps import AppConfig


class CapLeakConfig(AppConfig):
    name = "capleak"

    def ready(self) -> None:
        from allauth.account.signals import _add_email  # noqa: PLC0415 - needs models
        from allauth.mfa.signals import on_add_email  # noqa: PLC0415

        from capleak import account_log, consent, recovery_codes  # noqa: PLC0415

        account_log.connect()
        consent.connect()
        recovery_codes.install()
        # Refuses a new address to whoever has a second factor. What it guards against,
        # holding an address of somebody else, our own forms guard against.
        _add_email.disconnect(on_add_email)
