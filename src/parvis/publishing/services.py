"""What people do with posts. Each checks the right, changes rows in one transaction, records and tells."""

from parvis.publishing.approving import ask_approval, expire_requests, vote, withdraw_approval
from parvis.publishing.campaigns import close_campaign, place_post, save_campaign
from parvis.publishing.commenting import (
    mark_post_mentions_seen,
    resolve_comment,
    unseen_post_mentions,
    write_comment,
)
from parvis.publishing.consents import Withdrawn, withdraw_consent
from parvis.publishing.differing import diff_versions
from parvis.publishing.drafting import Saved, create_post, save_draft
from parvis.publishing.editing import drop_edit, edit_out, release_edits
from parvis.publishing.evergreen import close_evergreen, refuse_pick, save_evergreen, switch_evergreen, take_pick
from parvis.publishing.guests import guest_view, guest_vote, invite_guest, withdraw_guest
from parvis.publishing.holding import Halt, cancel, hold, resume
from parvis.publishing.importing import hand_in, take_in
from parvis.publishing.pillars import balances, close_pillar, save_pillar
from parvis.publishing.planning import Planned, plan, publish_now, unplan
from parvis.publishing.queueing import move_in_queue, next_slots, queue_post, shuffle_queue, switch_queue
from parvis.publishing.queues import add_slot, close_queue, remove_slot, save_queue
from parvis.publishing.repeating import change_following, end_repeat, except_day, start_repeat
from parvis.publishing.rescheduling import Moved, reschedule
from parvis.publishing.retrying import give_up, retry, settle
from parvis.publishing.rules import Rule, Step, rule_of, set_rule
from parvis.publishing.withdrawing import TakenDown, keep_up, withdraw, withdraw_everywhere

__all__ = [
    "Halt",
    "Moved",
    "Planned",
    "Rule",
    "Saved",
    "Step",
    "TakenDown",
    "Withdrawn",
    "add_slot",
    "ask_approval",
    "balances",
    "cancel",
    "change_following",
    "close_campaign",
    "close_evergreen",
    "close_pillar",
    "close_queue",
    "create_post",
    "diff_versions",
    "drop_edit",
    "edit_out",
    "end_repeat",
    "except_day",
    "expire_requests",
    "give_up",
    "guest_view",
    "guest_vote",
    "hand_in",
    "hold",
    "invite_guest",
    "keep_up",
    "mark_post_mentions_seen",
    "move_in_queue",
    "next_slots",
    "place_post",
    "plan",
    "publish_now",
    "queue_post",
    "refuse_pick",
    "release_edits",
    "remove_slot",
    "reschedule",
    "resolve_comment",
    "resume",
    "retry",
    "rule_of",
    "save_campaign",
    "save_draft",
    "save_evergreen",
    "save_pillar",
    "save_queue",
    "set_rule",
    "settle",
    "shuffle_queue",
    "start_repeat",
    "switch_evergreen",
    "switch_queue",
    "take_in",
    "take_pick",
    "unplan",
    "unseen_post_mentions",
    "vote",
    "withdraw",
    "withdraw_approval",
    "withdraw_consent",
    "withdraw_everywhere",
    "withdraw_guest",
    "write_comment",
]
