"""Which posts and publications name which assets: written by these, read by the library."""

from collections.abc import Collection, Iterable, Mapping

from django.db import connection

from parvis.assets.models import Asset, AssetUse
from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.orgs.models import Member

POST, PUBLICATION = "post", "publication"


def note_uses(subject: str, key: int, asset_ids: Collection[int]) -> None:
    """What the thing names from now on, in the transaction in which it does."""
    note_many_uses(subject, {key: asset_ids})


def note_many_uses(subject: str, wanted: Mapping[int, Collection[int]]) -> None:
    """The same for several things. Raises BadInput where one of the assets is gone."""
    if not wanted:
        return
    there = set(
        AssetUse.objects.filter(subject=subject, subject_key__in=list(wanted)).values_list("subject_key", "asset_id")
    )
    named = {(key, asset_id) for key, ids in wanted.items() for asset_id in ids}
    for key, asset_id in there - named:
        AssetUse.objects.filter(subject=subject, subject_key=key, asset=asset_id).delete()
    hold_assets({asset_id for _, asset_id in named - there})
    AssetUse.objects.bulk_create(
        (AssetUse(subject=subject, subject_key=key, asset_id=asset_id) for key, asset_id in sorted(named - there)),
        ignore_conflicts=True,
    )


def hold_assets(asset_ids: Collection[int]) -> None:
    """Raises BadInput where one of them is gone."""
    if set(asset_ids) - held_among(asset_ids):
        raise BadInput(detail=GONE)


def held_among(asset_ids: Collection[int]) -> set[int]:
    """Those that are there: nobody deletes them before the caller's transaction ends.

    They can be changed, and named by others. Who deletes one at this moment is waited for.
    """
    if not asset_ids:
        return set()
    rows = Asset.objects.filter(pk__in=asset_ids).order_by("pk").values_list("pk")
    if connection.vendor == "postgresql":
        query, params = rows.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"{query} FOR KEY SHARE", params)
            return {key for (key,) in cursor.fetchall()}
    return {key for (key,) in rows}  # one writer at a time


def must_reach(member: Member, asset_ids: Iterable[int]) -> dict[int, int]:
    """By id, the number of the current version, of assets that the member sees. Raises BadInput for any other."""
    wanted = set(asset_ids)
    if not wanted:
        return {}
    found = dict(Asset.objects.visible_to(member).filter(pk__in=wanted).values_list("pk", "number"))
    if wanted - found.keys():
        raise BadInput(
            detail=Text("one of the media is not in your library", "un des médias n’est pas dans votre médiathèque")
        )
    return found


GONE = Text("one of the media is no longer in the library", "un des médias n’est plus dans la médiathèque")
