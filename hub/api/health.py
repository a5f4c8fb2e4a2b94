"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hub.api.database_errors import RETRY_SECONDS
from hub.api.problems import hub_problem
from hub.kit.errors import Unavailable


@dataclass
class _Readiness:
    """Remembers that the migrations were all there: comparing them costs a tenth of a second."""

    is_migrated: bool = False

    def failure(self) -> Unavailable | None:
        """What keeps this process from serving; None if nothing does."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                (is_standby,) = cursor.fetchone()
            if is_standby:
                return _unready("The database is read-only.", "database_read_only")
            self.is_migrated = self.is_migrated or _is_migrated()
        except (DatabaseError, InterfaceError, ImproperlyConfigured):
            return _unready("The database does not answer.", "database_away")
        if not self.is_migrated:
            return _unready("The database lacks migrations.", "database_not_migrated")
        return None


_readiness = _Readiness()


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return _ok()


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve requests. Broker and waiting alerts do not come into it."""
    failure = _readiness.failure()
    return _ok() if failure is None else hub_problem(failure).answer()


def _ok() -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse("ok", content_type="text/plain; charset=utf-8", headers=headers)


def _unready(detail: str, code: str) -> Unavailable:
    return Unavailable(detail, code=code, retry_after=RETRY_SECONDS)


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
