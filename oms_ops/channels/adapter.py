"""What an adapter declares about its documents, and the structural check that follows from it.

No document is interpreted here; that is each adapter's mapping (a `.sql` file beside its `__init__.py`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """One kind of document of a channel.

    `external_id` and `sent_at` are SQL over the names in `keys` (top-level JSON keys) or `columns` (CSV);
    an empty `sent_at` means the start of the file's day. `fact` is what its mapping yields: order, refund, or
    the core table of one flat fact.
    """

    name: str
    fact: str
    mapping: Path
    external_id: str
    sent_at: str
    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()  # CSV columns that a header may lack: then they are empty in every row
    is_grouped: bool = False  # CSV: all rows of one external id and one sent_at are one document
    version: str = (
        "NULL::VARCHAR"  # SQL that tells two versions sent at one instant apart, where rows are grouped
    )
    pages: tuple[str, ...] = ()  # paths, as in "payload/Orders", under which a .json file holds documents
    required: tuple[str, ...] = ()  # JSON paths without which the document is not ours
    partner: str = ""  # the kind that brings the other half of the document
    is_part: bool = False  # the half that is read with its partner and not on its own

    @property
    def named(self) -> tuple[str, ...]:
        """The CSV columns a mapping may read."""
        return self.columns + self.optional

    @property
    def layout(self) -> str:
        return "csv" if self.columns else "json"

    def missing(self, document: object) -> list[str]:
        """Required fields the document lacks (JSON: paths; CSV row: columns)."""
        paths = self.required or self.columns
        if not isinstance(document, Mapping):
            return list(paths)
        return [path for path in paths if not _present(document, path.split("/"))]


@dataclass(frozen=True)
class Adapter:
    """`kinds` are feeds of every channel that names this adapter, `back_office` feeds of its own name."""

    kinds: tuple[Kind, ...] = ()
    back_office: tuple[Kind, ...] = ()

    def verify(self, kind: str, document: Mapping[str, object]) -> list[str]:
        """Required fields that `document` lacks; empty when it is structurally one of ours."""
        known = {found.name: found for found in (*self.kinds, *self.back_office)}
        return known[kind].missing(document)


@dataclass(frozen=True)
class Feed:
    channel_id: str
    kind: Kind


def _present(node: object, path: list[str]) -> bool:
    """Whether `path` leads to something that is not null; through a list, in every element."""
    if isinstance(node, list):
        return all(_present(element, path) for element in node)
    if not path:
        return node is not None
    return isinstance(node, Mapping) and path[0] in node and _present(node[path[0]], path[1:])


def is_signed(body: bytes, *, signature: str, secret: str) -> bool:
    """Whether `signature` is base64(HMAC-SHA256(secret, body)): how Shopify and WooCommerce sign a webhook.

    The body is the request's bytes as received; a body parsed and written again has another signature.
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return bool(secret) and hmac.compare_digest(base64.b64encode(digest), signature.encode())
