"""ATS as the channels know it: terms decided, values published when they change, pushed, acknowledged, kept.

The formula is oms_ops.ats, what it is fed oms_ops.availability, the tables oms_ops.store.publication.
"""

from oms_ops.publishing.deciding import policy_history, set_policy
from oms_ops.publishing.lag import Lag, refresh_buffers, sync_lag
from oms_ops.publishing.promising import Promises, promises
from oms_ops.publishing.publish import PublishReport, book_mark, is_publishing, publish
from oms_ops.publishing.pushing import ChannelSink, FileSink, PushReport, SinkUnavailable, push
from oms_ops.publishing.remembering import acknowledge, history

__all__ = [
    "ChannelSink",
    "FileSink",
    "Lag",
    "Promises",
    "PublishReport",
    "PushReport",
    "SinkUnavailable",
    "acknowledge",
    "book_mark",
    "history",
    "is_publishing",
    "policy_history",
    "promises",
    "publish",
    "push",
    "refresh_buffers",
    "set_policy",
    "sync_lag",
]
