"""One inbox file to the texts of its documents: encoding, line ends, CSV header, API pages.

Documents are cut out verbatim; nothing is interpreted, and one bad line costs that line only.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path

from oms_ops.channels import Kind

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder()
_UNREADABLE = (ValueError, RecursionError)  # malformed, numbers of thousands of digits, nested too deep
_LONGEST_RECORD = 100  # lines; a longer quoted text is taken for a stray quote


class FileFault(Exception):
    """The file as a whole cannot be read. A passing fault may be gone next time; others need another file."""

    def __init__(self, reason_code: str, reason: str, *, is_passing: bool = False) -> None:
        super().__init__(reason)
        self.reason_code = reason_code
        self.reason = reason
        self.is_passing = is_passing


@dataclass(frozen=True)
class Part:
    """A run of lines, or (`is_record`) one document; `fault` says what is wrong with its bytes."""

    first_line: int
    text: str
    is_record: bool = False
    fault: str | None = None


@dataclass(frozen=True)
class Content:
    size_bytes: int
    modified_ns: int
    header: str | None
    parts: list[Part]


def read(path: Path, kind: Kind) -> Content:
    """The file's texts; FileNotFoundError if it is gone, FileFault if it cannot be used."""
    data, status = _stable_bytes(path)
    if data.startswith(_UTF16) or data[:4096].count(0) > len(data[:4096]) // 8:
        raise FileFault("bad_encoding", f"{path.name} is UTF-16 or binary; UTF-8 text is expected")
    data = data.removeprefix(_BOM)
    try:
        parts = _parts(data.decode(), path, kind)
    except UnicodeDecodeError:
        parts = list(_lines_one_by_one(data))
    header, parts = _split_header(parts, path, kind) if kind.layout == "csv" else (None, parts)
    return Content(size_bytes=status.st_size, modified_ns=status.st_mtime_ns, header=header, parts=parts)


def _stable_bytes(path: Path, *, tries: int = 2) -> tuple[bytes, os.stat_result]:
    """The bytes of one version of the file: the same size and time before, and after, and by its name."""
    for _ in range(tries):
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                data = file.read()
            after = path.stat()
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = f"{path.name} cannot be read: {error.strerror}"
            raise FileFault("unreadable_file", reason, is_passing=True) from error
        if _version(before) == _version(after) and len(data) == after.st_size:
            return data, after
    raise FileFault(
        "unreadable_file",
        f"{path.name} changed while it was read; it is read again next time",
        is_passing=True,
    )


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _parts(text: str, path: Path, kind: Kind) -> list[Part]:
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    if kind.layout == "json" and (path.suffix.lower() == ".json" or _looks_pretty(text)):
        return list(take_apart(text, kind.pages))
    if kind.layout == "csv" and '"' in text:
        lines = text.split("\n")
        if any(line.count('"') % 2 for line in lines):
            return list(_records(lines))
    return [Part(first_line=1, text=text)]


def _lines_one_by_one(data: bytes) -> Iterator[Part]:
    """A line that is not UTF-8 keeps every byte as the character of that number, and says which was wrong."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            yield Part(first_line=number, text=line.decode(), is_record=True)
        except UnicodeDecodeError as error:
            fault = f"byte 0x{line[error.start]:02X} at place {error.start + 1} of line {number} is not UTF-8"
            yield Part(first_line=number, text=line.decode("latin-1"), is_record=True, fault=fault)


def _split_header(parts: list[Part], path: Path, kind: Kind) -> tuple[str | None, list[Part]]:
    if not parts:
        return None, []
    first = parts[0]
    header, _, rest = first.text.partition("\n")
    header = header.rstrip("\r")
    if first.fault:
        raise FileFault("bad_encoding", f"the header of {path.name} is not UTF-8: {first.fault}")
    if not first.text.strip():
        return None, []
    names = header_names(header)
    absent = [column for column in kind.columns if column not in names]
    if absent or len(set(names)) < len(names):
        fault = f"lacks {', '.join(absent)}" if absent else "names a column twice"
        raise FileFault("missing_field", f"the header of {path.name} {fault}; found: {', '.join(names)}")
    body = [] if first.is_record else [Part(first_line=2, text=rest)]
    return header, body + parts[1:]


def header_names(header: str) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader([header]), [])]


def _records(lines: list[str]) -> Iterator[Part]:
    """CSV records of a file in which a quoted text may hold line ends; the field counts decide."""
    width = len(header_names(lines[0]))
    number = 0
    while number < len(lines):
        record, taken = lines[number], 1
        if record.count('"') % 2:
            record, taken = _joined(lines, number, width=width)
        yield Part(first_line=number + 1, text=record, is_record=True)
        number += taken


def _joined(lines: list[str], start: int, *, width: int) -> tuple[str, int]:
    for stop in range(start + 2, min(start + _LONGEST_RECORD, len(lines)) + 1):
        if lines[stop - 1].count('"') % 2:
            record = "\n".join(lines[start:stop])
            if len(next(csv.reader(record.splitlines(keepends=True)))) == width:
                return record, stop - start
            break
    return lines[start], 1


def _looks_pretty(text: str) -> bool:
    """Whether a .jsonl file holds one document over many lines after all."""
    first, _, rest = text.lstrip().partition("\n")
    return first.strip() in ("{", "[") and bool(rest.strip())


def take_apart(text: str, pages: tuple[str, ...]) -> Iterator[Part]:
    """The documents of a page, each exactly as it stands there; else the text as one document.

    A page cut short yields its whole documents and then its rest, which is no document.
    """
    start = _skip(text, 0)
    places = (_locate(text, start, page.split("/")) for page in pages)
    at = next(
        (place for place in places if place is not None and text[place : place + 1] in ("[", "{")), start
    )
    if text[at : at + 1] == "[":
        yield from _elements(text, at)
    elif at > start or not text[_end(text, at) :].strip() or not _is_whole(text.partition("\n")[0]):
        stop = _end(text, at) if at > start else len(text)
        yield Part(first_line=text.count("\n", 0, at) + 1, text=text[at:stop].strip(), is_record=True)
    else:
        yield Part(first_line=1, text=text)  # JSON lines after all


def _elements(text: str, start: int) -> Iterator[Part]:
    at, line = _skip(text, start + 1), text.count("\n", 0, start) + 1
    counted = start
    while at < len(text) and text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        stop = _end(text, at)
        yield Part(first_line=line, text=text[at:stop].strip(), is_record=True)
        at = _skip(text, stop)
        at = _skip(text, at + 1) if text[at : at + 1] == "," else at


def _locate(text: str, at: int, keys: list[str]) -> int | None:
    """Where the value under `keys` begins, in the object that begins at `at`."""
    if not keys:
        return at
    if text[at : at + 1] != "{":
        return None
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        try:
            key, at = _DECODER.raw_decode(text, at)
        except _UNREADABLE:
            return None
        at = _skip(text, _skip(text, at) + 1)
        if key == keys[0]:
            return _locate(text, at, keys[1:])
        at = _skip(text, _end(text, at))
        at = _skip(text, at + 1) if text[at : at + 1] == "," else at
    return None


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()


def _end(text: str, at: int) -> int:
    """Where the value that begins at `at` ends; the end of the text if it is broken."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except _UNREADABLE:
        return len(text)


def _is_whole(line: str) -> bool:
    try:
        return not line[_DECODER.raw_decode(line.strip())[1] :].strip()
    except _UNREADABLE:
        return False
