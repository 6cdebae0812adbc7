"""Intake: inbox files to raw documents (landing), raw documents to canonical facts (canonical).

Nothing here names a channel; what a channel's documents look like is in oms_ops/channels.
"""
