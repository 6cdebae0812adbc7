"""What the adapters declare: signatures, structure, and the feeds they make of the settings."""

from __future__ import annotations

import dataclasses

import pytest

from oms_ops.channels import adapters, feeds, shopify, woocommerce
from tests.support.home import settings_for
from tests.support.intake import amazon_items, shopify_order
from warehouse.settings import Channel, SettingsError

PANGRAM = b"The quick brown fox jumps over the lazy dog"
PANGRAM_SIGNED_WITH_KEY = (
    "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="  # published test vector, secret "key"
)


@pytest.mark.parametrize("channel", [shopify, woocommerce])
def test_a_webhook_is_authentic_only_with_its_own_secret_and_its_own_bytes(channel):
    assert channel.is_authentic(PANGRAM, signature=PANGRAM_SIGNED_WITH_KEY, secret="key")
    assert not channel.is_authentic(PANGRAM, signature=PANGRAM_SIGNED_WITH_KEY, secret="kez")
    assert not channel.is_authentic(PANGRAM + b" ", signature=PANGRAM_SIGNED_WITH_KEY, secret="key")
    assert not channel.is_authentic(PANGRAM, signature="", secret="key")
    assert not channel.is_authentic(PANGRAM, signature="é", secret="key")


def test_without_a_secret_nothing_is_authentic():
    unsigned = "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0="  # HMAC-SHA256 of nothing with an empty key
    assert not shopify.is_authentic(b"", signature=unsigned, secret="")


def test_a_channels_own_document_lacks_nothing():
    assert adapters()["shopify"].verify("orders", shopify_order()) == []
    assert adapters()["amazon"].verify("order_items", amazon_items("A-1")) == []


def test_what_a_document_lacks_is_named_down_to_the_line():
    order = shopify_order()
    del order["created_at"]
    order["line_items"][1]["price"] = None
    assert adapters()["shopify"].verify("orders", order) == ["created_at", "line_items/price"]
    assert "AmazonOrderId" in adapters()["amazon"].verify("orders", order)
    assert adapters()["shopify"].verify("orders", []) == adapters()["shopify"].verify("orders", {})


def test_every_adapter_folder_has_a_mapping_for_each_of_its_kinds():
    for adapter in adapters().values():
        for kind in (*adapter.kinds, *adapter.back_office):
            assert kind.mapping.read_text(encoding="utf-8").startswith("-- One"), kind.mapping


def test_the_settings_channels_and_the_back_office_are_the_feeds(tmp_path):
    found = {(feed.channel_id, feed.kind.name) for feed in feeds(settings_for(tmp_path))}
    assert ("wholesale", "credit_notes") in found
    assert ("erp", "ledger") in found
    assert ("wms", "shipments") in found
    assert ("erp", "credit_notes") not in found


def test_a_second_shop_on_the_same_adapter_needs_settings_only(tmp_path):
    settings = settings_for(tmp_path)
    second = Channel("shopify-de", "German web shop", "shopify", network=("LEICESTER",))
    both = dataclasses.replace(settings, channels=(*settings.channels, second))
    assert ("shopify-de", "orders") in {(feed.channel_id, feed.kind.name) for feed in feeds(both)}


def test_an_adapter_nobody_wrote_is_named(tmp_path):
    settings = settings_for(tmp_path)
    stranger = Channel("etsy", "Etsy", "etsy", network=("LEICESTER",))
    with pytest.raises(SettingsError, match="channel etsy: no adapter 'etsy'; known: amazon, erp"):
        feeds(dataclasses.replace(settings, channels=(stranger,)))
