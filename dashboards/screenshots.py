"""Pictures of every page over the current release: `python -m dashboards.screenshots --out docs/images`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import polars as pl
from PIL import Image

from dashboards import serving
from warehouse import queries, releases, settings
from warehouse.releases import Release

WIDTH, PHONE = 1280, 390
HIGHEST = {WIDTH: 2200, PHONE: 1400}
COLORS = 255  # enough for flat colors and text, a third of the bytes


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dashboards.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder to write to")
    out = parser.parse_args(arguments).out
    found = settings.load()
    release = releases.current(found)
    if release is None:
        print("there is no release to show; run `make run` first", file=sys.stderr)
        return 1
    if serving.CHROMIUM is None:
        print("no chromium is installed; apt-get install chromium", file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _take(found.home, _pages(release), out=out, log=Path(scratch) / "streamlit.log")
    return 0


def _pages(release: Release) -> dict[str, str]:
    """File name to address; the single order and product are the most telling of the release."""
    con = release.connect()
    try:
        order, sku = _telling_order(con), _telling_sku(con)
    finally:
        con.close()
    pages = {
        "overview": "",
        "orders": "orders",
        "inventory": "inventory",
        "stockouts": "inventory?view=stockouts",
        "forecast": "forecast",
        "totals": "forecast?view=totals",
        "alerts": "restock",
        "proposals": "restock?view=proposals&budget=20000",
        "excess": "restock?view=excess",
        "curve": "restock?view=curve",
        "health": "health",
    }
    if order:
        pages["order"] = f"orders?order={order}"
    if sku:
        pages |= {"forecast-sku": f"forecast?sku={sku}", "ats": f"inventory?sku={sku}"}
    return pages


def _telling_order(con) -> str | None:
    """A delivered order of a few lines of which something came back."""
    orders = con.execute("select order_id, line_count, delivered_at, units_returned from order_fact").pl()
    good = orders.filter(
        pl.col("delivered_at").is_not_null()
        & (pl.col("units_returned") > 0)
        & pl.col("line_count").is_between(3, 8)
    )
    return good.sort("delivered_at", "order_id", descending=True)["order_id"].first() if good.height else None


def _telling_sku(con) -> str | None:
    """Of the products of greatest value, the one forecast best."""
    ranked = queries.forecast_review(con, sort="value", limit=40)
    return ranked.sort("wape", "sku", nulls_last=True)["sku"].first() if ranked.height else None


def _take(home: Path, pages: dict[str, str], *, out: Path, log: Path) -> None:
    with serving.dashboards(home, log=log) as address, serving.chromium() as browser:
        for name, path in pages.items():
            _picture(browser, f"{address}/{path}", out / f"{name}.png", width=WIDTH)
            print(out / f"{name}.png")
        _picture(browser, address, out / "phone.png", width=PHONE)
        print(out / "phone.png")


def _picture(browser, url: str, file: Path, *, width: int) -> None:
    """The whole page, up to a height that a reader scrolls through."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    serving.visit(page, url)
    for _ in range(2):  # a chart may have no height yet when the page is measured first
        height = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height, HIGHEST[width])})
        page.wait_for_timeout(1500)  # charts and grids redraw themselves after a resize and tell nobody
        serving.settle(page)
    page.screenshot(path=file)
    page.close()
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLORS).save(file, optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
