"""What the release before needs of a migration, while it still runs beside the new one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.models.fields import NOT_PROVIDED

PACKAGES = ("hub", "accounts", "incidents")


def added_columns() -> Iterator[tuple[str, models.Field[object, object]]]:
    """Columns added to tables that an earlier migration made."""
    loader = MigrationLoader(None)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith(PACKAGES)}
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app not in ours:
            continue
        made_here = {
            operation.name_lower
            for operation in migration.operations
            if isinstance(operation, CreateModel)
        }
        for operation in migration.operations:
            if isinstance(operation, AddField) and operation.model_name_lower not in made_here:
                yield f"{app} {name} {operation.model_name}.{operation.name}", operation.field


@pytest.mark.parametrize(
    ("name", "field"), [pytest.param(name, field, id=name) for name, field in added_columns()]
)
def test_a_new_column_can_be_left_out_by_who_does_not_know_it(
    name: str, field: models.Field[object, object]
) -> None:
    has_default = field.db_default is not NOT_PROVIDED
    is_computed = getattr(field, "generated", False)

    assert field.null or has_default or is_computed, f"{name} needs a db_default, or null"


def test_the_columns_of_the_first_corrections_are_among_them() -> None:
    assert {name.rpartition(" ")[2] for name, _ in added_columns()} >= {
        "incident.change_note",
        "incidentversion.merged_into",
    }
