"""Toy sentences that a tiny parser can learn, and their trees."""

from pipeline.core.sentence import Sentence

NOUNS, VERBS, THINGS = ("dogs", "cats", "birds"), ("see", "eat", "like"), ("fish", "mice", "bread")


def plain(sentence_id: str, text: str) -> Sentence:
    """`The dogs see fish.` with its tree."""
    words = tuple(text.replace(".", " .").split())
    upos = ("DET", "NOUN", "VERB", "NOUN", "PUNCT")
    deprels = ("det", "nsubj", "root", "obj", "punct")
    return Sentence(sentence_id, text, words, upos, (2, 3, 0, 3, 3), deprels)
