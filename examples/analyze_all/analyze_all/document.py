# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A document taken apart: paragraphs, sentences, words, headings, and the placeholders still open."""

from __future__ import annotations

import dataclasses
import re

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\}\}")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_HEADING = re.compile(r"(#{1,6})\s+\S")
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclasses.dataclass(frozen=True)
class Document:
    """What the aspects look at.

    :param text: the document as its reader would see it
    :param filled: names of the placeholders that were given a value
    :param unresolved: names of the placeholders that the reader would see, in order, each once
    :param paragraphs: blocks of prose between blank lines, headings left out
    :param sentences: the words of each sentence; never an empty sentence
    :param heading_levels: 1 for ``#``, 2 for ``##``, …, in order
    """

    text: str
    filled: tuple[str, ...]
    unresolved: tuple[str, ...]
    paragraphs: tuple[str, ...]
    sentences: tuple[tuple[str, ...], ...]
    heading_levels: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All words of the sentences, in order."""
        return tuple(word for sentence in self.sentences for word in sentence)


def fill(template: str, values: dict[str, str]) -> Document:
    """The document that a template and its values make; a placeholder without a value stays as it is."""
    text = PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)
    filled = (name for name in PLACEHOLDER.findall(template) if name in values)
    return take_apart(text, filled=tuple(dict.fromkeys(filled)))


def take_apart(text: str, filled: tuple[str, ...] = ()) -> Document:
    """The document that a text is."""
    prose, levels = _split_off_headings(text)
    paragraphs = tuple(block.strip() for block in _BLANK_LINES.split(prose) if block.strip())
    sentences = (
        tuple(_WORD.findall(sentence)) for paragraph in paragraphs for sentence in _SENTENCE_END.split(paragraph)
    )
    return Document(
        text=text,
        filled=filled,
        unresolved=tuple(dict.fromkeys(PLACEHOLDER.findall(text))),
        paragraphs=paragraphs,
        sentences=tuple(words for words in sentences if words),
        heading_levels=levels,
    )


def count_words(text: str) -> int:
    """How many words a piece of text has."""
    return sum(1 for _match in _WORD.finditer(text))


def _split_off_headings(text: str) -> tuple[str, tuple[int, ...]]:
    prose: list[str] = []
    levels: list[int] = []
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            levels.append(len(heading[1]))
        prose.append("" if heading else line)
    return "\n".join(prose), tuple(levels)
