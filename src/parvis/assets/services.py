"""What people do with assets. Each checks the right, changes rows in one transaction, records and tells."""

from parvis.assets.arriving import Finished, finish
from parvis.assets.captions import import_captions, remove_captions, save_captions
from parvis.assets.library import (
    AssetWish,
    archive_asset,
    bring_back_asset,
    change_asset,
    create_folder,
    delete_asset,
    delete_folder,
    move_folder,
    rename_folder,
    restore_version,
    wish_of,
)
from parvis.assets.renditions import retry_rendition
from parvis.assets.rights import RightWish, add_right, change_right
from parvis.assets.uploading import PIECE_BYTES, abandon, append, begin_upload

__all__ = [
    "PIECE_BYTES",
    "AssetWish",
    "Finished",
    "RightWish",
    "abandon",
    "add_right",
    "append",
    "archive_asset",
    "begin_upload",
    "bring_back_asset",
    "change_asset",
    "change_right",
    "create_folder",
    "delete_asset",
    "delete_folder",
    "finish",
    "import_captions",
    "move_folder",
    "remove_captions",
    "rename_folder",
    "restore_version",
    "retry_rendition",
    "save_captions",
    "wish_of",
]
