"""Assets: the library, its files and their forms, rights and consent, uploads under way."""

from parvis.assets.models.files import OPEN_RENDITION, Blob, Rendition, RenditionState, RenditionWait
from parvis.assets.models.library import (
    Asset,
    AssetKind,
    AssetTag,
    AssetUse,
    AssetVersion,
    Caption,
    Folder,
    ScopedByAsset,
    ScopedByVersion,
)
from parvis.assets.models.rights import AssetRight, RightKind
from parvis.assets.models.uploads import OPEN_UPLOAD, Upload, UploadState

__all__ = [
    "OPEN_RENDITION",
    "OPEN_UPLOAD",
    "Asset",
    "AssetKind",
    "AssetRight",
    "AssetTag",
    "AssetUse",
    "AssetVersion",
    "Blob",
    "Caption",
    "Folder",
    "Rendition",
    "RenditionState",
    "RenditionWait",
    "RightKind",
    "ScopedByAsset",
    "ScopedByVersion",
    "Upload",
    "UploadState",
]
