"""Stems: the one Talvori word for every meaning, and the spelling of names.

The syllables of a stem are read off a hash of the meaning, so no list of all meanings is needed
and a word never depends on which sentences came before.  Every stem has three vowels and ends in a
consonant, and every ending begins with a vowel: two stems never share an inflected form.
"""

from __future__ import annotations

import hashlib
from functools import cache

from ..node import Node
from .closed import PREVERBS, WORDS

VOWELS = "aeiou"
ONSETS = "ptkbdgmnszfvlrhj"
CODAS = ("", "", "n", "r", "s", "l")
LAST = "nrlstkmd"
# Vowels turn one place; consonants change places in pairs, so that no two names become one.
SPELLING = str.maketrans(
    "aeiou" "bpdtgkmnlrsfvzhjcwqxy", "eioua" "pbtdkgnmrlfszvjhwcxqy"
)  # fmt: skip


def meaning(node: Node) -> str:
    """Return what a word means: its lemma, with its particle or second word, and part of speech."""
    parts = [node.lemma]
    parts += [child.lemma for child in node.right if child.deprel in ("fixed", "compound:prt")]
    kind = "cop" if node.deprel == "cop" else node.upos.lower()
    return f"{'_'.join(parts)}.{kind}"


def stem(node: Node) -> str:
    """Return the uninflected Talvori word for a word of English."""
    if node.upos in ("PUNCT", "SYM") or not node.lemma[0].isalpha() or "@" in node.lemma:
        return node.form
    if node.lemma.startswith(("www.", "http:")):
        return node.form
    if node.upos == "PROPN" or node.xpos in ("NNP", "NNPS"):
        return respell(node.form)
    key = meaning(node)
    return WORDS.get(key) or coin(key)


def respell(name: str) -> str:
    """Return a name in Talvori letters."""
    return name.lower().translate(SPELLING).capitalize()


@cache
def coin(key: str) -> str:
    """Return the word of three syllables for a meaning."""
    number = _number(key)
    word = ""
    for last in (False, False, True):
        number, onset = divmod(number, len(ONSETS))
        number, vowel = divmod(number, len(VOWELS))
        word += ONSETS[onset] + VOWELS[vowel]
        if last:
            word += LAST[number % len(LAST)]
        else:
            number, coda = divmod(number, len(CODAS))
            word += CODAS[coda]
    return word


def preverb(node: Node) -> str | None:
    """Return the preverb that a plain verb is used with; about one verb in six has one."""
    key = meaning(node)
    if node.upos != "VERB" or "_" in key:
        return None
    number = _number(f"{key}/preverb") % (6 * len(PREVERBS))
    return PREVERBS[number] if number < len(PREVERBS) else None


def _number(key: str) -> int:
    digest = hashlib.blake2b(f"talvori/{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
