"""What the house publishes: posts and their versions, who approved them, and their life on each channel."""

from parvis.publishing.models.approvals import (
    OPEN_REQUEST,
    ApprovalKind,
    ApprovalRequest,
    ApprovalRule,
    ApprovalVote,
    GuestLink,
    RequestState,
    Verdict,
)
from parvis.publishing.models.posts import (
    POST_TRANSITIONS,
    Post,
    PostComment,
    PostMention,
    PostState,
    PostVersion,
    Variant,
)
from parvis.publishing.models.publications import (
    PUBLICATION_TRANSITIONS,
    HeldBy,
    Publication,
    PublicationState,
)

__all__ = [
    "OPEN_REQUEST",
    "POST_TRANSITIONS",
    "PUBLICATION_TRANSITIONS",
    "ApprovalKind",
    "ApprovalRequest",
    "ApprovalRule",
    "ApprovalVote",
    "GuestLink",
    "HeldBy",
    "Post",
    "PostComment",
    "PostMention",
    "PostState",
    "PostVersion",
    "Publication",
    "PublicationState",
    "RequestState",
    "Variant",
    "Verdict",
]
