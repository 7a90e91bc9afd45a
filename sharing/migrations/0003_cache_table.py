"""Where rate limits are counted while Redis is away (Django's cache table)."""

from django.db import migrations

CREATE = """
CREATE TABLE capleak_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX capleak_cache_expires ON capleak_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0002_app_role")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE capleak_cache;")]
