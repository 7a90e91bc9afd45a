from django.apps import AppConfig


class ProphylaxisConfig(AppConfig):
    name = "prophylaxis"
