"""What people do with posts. Each checks the right, changes rows in one transaction, records and tells."""

from parvis.publishing.approving import ask_approval, expire_requests, vote, withdraw_approval
from parvis.publishing.commenting import (
    mark_post_mentions_seen,
    resolve_comment,
    unseen_post_mentions,
    write_comment,
)
from parvis.publishing.differing import diff_versions
from parvis.publishing.drafting import Saved, create_post, save_draft
from parvis.publishing.guests import guest_view, guest_vote, invite_guest, withdraw_guest
from parvis.publishing.holding import Halt, cancel, hold, resume
from parvis.publishing.planning import Planned, plan, publish_now, reschedule, unplan
from parvis.publishing.retrying import give_up, retry, settle
from parvis.publishing.rules import Rule, Step, rule_of, set_rule

__all__ = [
    "Halt",
    "Planned",
    "Rule",
    "Saved",
    "Step",
    "ask_approval",
    "cancel",
    "create_post",
    "diff_versions",
    "expire_requests",
    "give_up",
    "guest_view",
    "guest_vote",
    "hold",
    "invite_guest",
    "mark_post_mentions_seen",
    "plan",
    "publish_now",
    "reschedule",
    "resolve_comment",
    "resume",
    "retry",
    "rule_of",
    "save_draft",
    "set_rule",
    "settle",
    "unplan",
    "unseen_post_mentions",
    "vote",
    "withdraw_approval",
    "withdraw_guest",
    "write_comment",
]
