"""Closed classes: pronouns, determiners, numerals, prepositions and fixed expressions."""

from __future__ import annotations

from .notation import listed

# nominative, accusative, possessive, person, number, extra features, relative frequency
PRONOUNS = (
    ("I", "me", "my", 1, "Sing", {}, 43),
    ("you", "you", "your", 2, "", {}, 24),
    ("we", "us", "our", 1, "Plur", {}, 11),
    ("they", "them", "their", 3, "Plur", {}, 13),
    ("he", "him", "his", 3, "Sing", {"Gender": "Masc"}, 10),
    ("she", "her", "her", 3, "Sing", {"Gender": "Fem"}, 7),
    ("it", "it", "its", 3, "Sing", {"Gender": "Neut"}, 11),
)
INDEFINITE_PEOPLE = ("someone", "everyone", "nobody", "somebody", "everybody")
INDEFINITE_THINGS = ("something", "everything", "nothing")
REFLEXIVES = {
    "I": "myself", "you": "yourself", "he": "himself", "she": "herself", "it": "itself",
    "we": "ourselves", "they": "themselves",
}  # fmt: skip

NUMBER_WORDS = listed("two three four five six seven eight nine ten twelve twenty")
PLURAL_QUANTIFIERS = ("many", "several", "few", "most", "more", "various", "numerous")
MASS_QUANTIFIERS = ("much", "more", "little", "enough")

MODALS = (("will", 30), ("can", 26), ("would", 17), ("should", 10), ("could", 11), ("may", 6),
          ("might", 4), ("must", 3))  # fmt: skip

SUBORDINATORS = {
    "reason": ("because", "because", "since", "as"),
    "condition": ("if", "if", "if", "unless", "once"),
    "time": ("when", "when", "after", "before", "while", "until", "as"),
    "concession": ("although", "though", "while"),
}

FIXED_PREPOSITIONS = {
    "because of": ("SCONJ", "IN"), "according to": ("VERB", "VBG"), "instead of": ("ADV", "RB"),
    "due to": ("ADP", "IN"), "such as": ("ADJ", "JJ"),
}  # fmt: skip

GREETINGS = ("Hi", "Hello", "Hey", "Dear")
CLOSINGS = ("Thanks", "Regards", "Cheers", "Love")
INTERJECTIONS = ("well", "oh", "yes", "no", "okay", "yeah", "wow", "hey", "ah", "hmm", "ok")
EMOTICONS = (":)", ":-)", ";)", ":(")
