"""`field__in=values` as PostgreSQL likes it: one array, not a parameter for each value.

A list of a thousand parameters takes the ORM, the driver and the server longer than the query itself,
and no two lists of different length are the same statement. Elsewhere Django's own form stays.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field
from django.db.models.fields.related import ForeignObject
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In


class _AsArray:
    def as_postgresql(self: Any, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        if hasattr(self.rhs, "as_sql"):  # another query
            return self.as_sql(compiler, connection)  # type: ignore[no-any-return]
        values = [value for value in self.rhs if value is not None]
        if not all(isinstance(value, int | str) for value in values) or len({type(value) for value in values}) > 1:
            return self.as_sql(compiler, connection)  # type: ignore[no-any-return]
        if not values:
            raise EmptyResultSet
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*params, list(dict.fromkeys(values))]


class InArray(_AsArray, In):
    pass


class RelatedInArray(_AsArray, RelatedIn):
    pass


def register_lookups() -> None:
    Field.register_lookup(InArray)
    ForeignObject.register_lookup(RelatedInArray)
