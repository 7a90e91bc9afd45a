"""Every record that there is gets the choices as they stand before anybody chose."""

from django.db import migrations

AT_ONCE = 1000


def choose(apps, schema_editor):
    Patient = apps.get_model("sharing", "Patient")
    Preferences = apps.get_model("notifications", "Preferences")
    rows = Patient.objects.filter(reminding=None).values_list("pk", "zone")
    Preferences.objects.bulk_create(
        (Preferences(patient_id=pk, zone=zone) for pk, zone in rows.iterator()),
        batch_size=AT_ONCE,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_choices_and_hospital")]

    operations = [migrations.RunPython(choose, migrations.RunPython.noop)]
