"""English inflection: plurals, verb forms, degrees of comparison and the choice of a or an.

Regular forms follow the spelling rules (city, cities; stop, stopped); everything else stands in
the tables of `lexicon.irregular`.
"""

from __future__ import annotations

from .lexicon.irregular import AN_EXCEPTIONS, COMPARISON, DOUBLING, PLURALS, VERB_FORMS

VOWELS = "aeiou"


def plural(noun: str) -> str:
    """Return the plural of a singular noun."""
    if noun in PLURALS:
        return PLURALS[noun]
    if noun.endswith(("woman", "salesman", "gunman", "spokesman")):
        return noun[:-2] + "en"
    if noun.endswith("sis"):
        return noun[:-2] + "es"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def _stem(verb: str, ending: str) -> str:
    """Return the stem before a vowel-initial ending, with doubling or loss of e."""
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1]
    return verb + verb[-1] if verb in DOUBLING else verb


def third_person(verb: str) -> str:
    """Return the third person singular present."""
    if verb in ("have", "go", "do"):
        return {"have": "has", "go": "goes", "do": "does"}[verb]
    return plural(verb) if verb not in PLURALS else verb + "s"


def past(verb: str) -> str:
    """Return the simple past of a verb other than be."""
    if verb in VERB_FORMS:
        return VERB_FORMS[verb][0]
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ied"
    stem = _stem(verb, "ed")
    return stem + ("d" if stem.endswith("e") else "ed")


def participle(verb: str) -> str:
    """Return the past participle."""
    if verb == "be":
        return "been"
    return VERB_FORMS[verb][1] if verb in VERB_FORMS else past(verb)


def ing(verb: str) -> str:
    """Return the present participle or gerund."""
    if verb == "be":
        return "being"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    return _stem(verb, "ing") + "ing"


def _short(adjective: str) -> bool:
    if adjective.endswith(("ed", "ing", "ful", "ous", "ive", "al", "ent", "ant", "less", "ible")):
        return False
    groups = sum(
        1
        for i, letter in enumerate(adjective)
        if letter in VOWELS + "y" and (i == 0 or adjective[i - 1] not in VOWELS)
    )
    silent = adjective.endswith("e") and groups > 1
    count = groups - silent
    return count == 1 or (count == 2 and adjective.endswith("y"))


def compare(adjective: str, degree: str) -> str | None:
    """Return the synthetic comparative ("er") or superlative ("est"), or None if periphrastic."""
    if adjective in COMPARISON:
        return COMPARISON[adjective][0 if degree == "er" else 1]
    if not _short(adjective):
        return None
    if adjective.endswith("y"):
        return adjective[:-1] + "i" + degree
    if adjective.endswith("e"):
        return adjective + degree[1:]
    ends = adjective[-3:]
    if len(ends) == 3 and ends[1] in VOWELS and ends[0] not in VOWELS and ends[2] not in "aeiouwxy":
        return adjective + adjective[-1] + degree
    return adjective + degree


def article(following: str) -> str:
    """Return a or an as the sound of the following word demands."""
    word = following.lower()
    if word in AN_EXCEPTIONS:
        return AN_EXCEPTIONS[word]
    if word.isdigit():
        return "an" if word.startswith("8") or word in ("11", "18") else "a"
    if word.startswith(("uni", "use", "usu", "euro", "one")):
        return "a"
    return "an" if word[:1] in VOWELS else "a"
