"""What the worker does for the prophylaxis, beside sending."""

from celery import shared_task

from prophylaxis import medicines, services


@shared_task
def extend_reminders() -> None:
    """Write down the reminders of the days to come; beat wakes it.

    Reminders stand in the database for days ahead, so it may be late without harm.
    """
    services.extend_reminders()
    medicines.extend_reminders()
