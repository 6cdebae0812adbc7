"""The order book's database: tables, migrations, transactions, and reading and writing the rules' objects.

The one place that imports SQLAlchemy or sqlite3. What a command may do is decided in oms_ops.rules, not here.
"""

from oms_ops.store.book import BookConnection, OrderBook, open_book

__all__ = ["BookConnection", "OrderBook", "open_book"]
