"""Which posts and publications name which assets: written by these, read by the library."""

from collections.abc import Collection, Iterable, Mapping

from parvis.assets.models import Asset, AssetUse
from parvis.core.errors import BadInput
from parvis.core.wording import Text
from parvis.orgs.models import Member

POST, PUBLICATION = "post", "publication"


def note_uses(subject: str, key: int, asset_ids: Collection[int]) -> None:
    """What the thing names from now on, in the transaction in which it does."""
    note_many_uses(subject, {key: asset_ids})


def note_many_uses(subject: str, wanted: Mapping[int, Collection[int]]) -> None:
    """The same for several things."""
    if not wanted:
        return
    there = set(
        AssetUse.objects.filter(subject=subject, subject_key__in=list(wanted)).values_list("subject_key", "asset_id")
    )
    named = {(key, asset_id) for key, ids in wanted.items() for asset_id in ids}
    for key, asset_id in there - named:
        AssetUse.objects.filter(subject=subject, subject_key=key, asset=asset_id).delete()
    AssetUse.objects.bulk_create(
        (AssetUse(subject=subject, subject_key=key, asset_id=asset_id) for key, asset_id in sorted(named - there)),
        ignore_conflicts=True,
    )


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
