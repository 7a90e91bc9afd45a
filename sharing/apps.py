from django.apps import AppConfig
from django.db.models.signals import post_delete


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        from sharing import checks  # noqa: F401, PLC0415 - registers itself
        from sharing.erasure import forget_history  # noqa: PLC0415 - needs the models

        post_delete.connect(forget_history, "sharing.Patient")
