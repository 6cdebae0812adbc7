"""What each command does, as functions of a desk: the moves of lifecycle.py, the movements of ledger.py.

One module per part of an order's life. Nothing here knows a database, a channel or a clock.
"""
