"""What can go wrong with the warehouse, one small tree. Every message says what, where and what to do.

Settings have their own error, in `warehouse.settings`.
"""


class WarehouseError(Exception):
    """Base of everything below."""


class WarehouseBusy(WarehouseError):
    """Another process holds the one lock and did not let go in time."""


class WarehouseMissing(WarehouseError):
    """There is no warehouse file yet."""


class WarehouseUnusable(WarehouseError):
    """The file cannot be opened or written: damaged, forbidden, of a newer version, or the disk is full."""


class ContractError(WarehouseError):
    """A table is not what its contract says, or no contract has that name."""


class ReleaseError(WarehouseError):
    """A release cannot be written or read."""
