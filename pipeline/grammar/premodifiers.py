"""What stands between determiner and noun: adjectives, participles, compounds."""

from __future__ import annotations

from . import quantities, words
from .context import Context
from .lexicon import Noun, adjectives, adverbs, closed
from .lexicon.names import CITIES, COMPANIES
from .node import Node

PLURAL_MODIFIERS = {
    "awards", "weapons", "futures", "appeals", "admissions", "arts", "sales", "sports", "earnings",
}  # fmt: skip


ADJECTIVE_MODIFIERS = (
    "high", "primary", "left", "central", "legal", "local", "smart", "early", "social", "secret",
)  # fmt: skip


DEFINITE_ADJECTIVES = ("same", "only", "main", "first", "last", "next", "following", "entire",
                       "whole", "final", "right", "wrong", "upcoming", "previous")  # fmt: skip


NAMED_MODIFIERS = ("person", "org", "place", "document", "device", "software", "service", "event")


def compound(ctx: Context, head: Node, entry: Noun) -> None:
    """Perhaps put one of the noun's customary modifiers before it, or a name."""
    customary = _customary(ctx, head, entry)
    if entry.cls == "money" and not customary and entry.kind == "count" and ctx.chance(0.06):
        amount = quantities.money(ctx, plain=True)
        head.first(amount, "compound")
        return
    if entry.cls in NAMED_MODIFIERS and ctx.chance(0.2 if customary else 0.05):
        company = entry.cls in ("document", "device", "software", "service") or ctx.chance(0.5)
        name = ctx.pick(COMPANIES if company else CITIES)
        head.first(words.proper(name), "compound")


def _customary(ctx: Context, head: Node, entry: Noun) -> bool:
    options = [m for m in entry.modifiers if m and m not in ctx.lemmas]
    if not options or not ctx.chance(0.42):
        return False
    modifier = ctx.pick(options)
    ctx.lemmas.append(modifier)
    if modifier in ADJECTIVE_MODIFIERS:
        head.first(words.adjective(modifier), "amod")
        return False
    if modifier in PLURAL_MODIFIERS:
        node = words.common(modifier.removesuffix("s"), "Plur")
    else:
        node = words.common(modifier)
    head.first(node, "compound")
    others = [m for m in options if m not in (modifier, *ADJECTIVE_MODIFIERS, *PLURAL_MODIFIERS)]
    if others and ctx.chance(0.13):
        second = words.common(ctx.pick(others))
        second.before(words.coordinator("and"), "cc")
        node.after(second, "conj")
        ctx.note("np_coordination")
    return True


def premodify(ctx: Context, head: Node, entry: Noun) -> set[str]:
    """Put adjectives before the noun; tell whether they demand definiteness or give a number."""
    forced: set[str] = set()
    rate = {"price": 0.4, "idea": 0.33, "event": 0.33, "food": 0.35}.get(entry.cls, 0.27)
    if not ctx.chance(rate * (0.7 + 0.3 * ctx.richness)):
        if ctx.chance(0.03) and entry.cls in adjectives.HYPHENATED:
            modifier = hyphenated(ctx, entry.cls)
            head.first(modifier, "compound" if modifier.upos == "NOUN" else "amod")
            ctx.note("hyphenated_modifier")
        return forced
    adjective = attribute(ctx, head, entry, forced)
    if adjective.lemma not in DEFINITE_ADJECTIVES:
        if ctx.spend(0.09):
            second = words.adjective(_other(ctx, entry.cls, adjective.lemma))
            if second.lemma != adjective.lemma:
                _second_adjective(ctx, head, adjective, second)
        elif ctx.spend(0.12):
            degree(ctx, adjective, attributive=True)
    return forced


def attribute(ctx: Context, head: Node, entry: Noun, forced: set[str]) -> Node:
    """Put one adjective, participle or superlative before the noun and return it."""
    cls = entry.cls
    kind = ctx.weigh((("class", 70), ("only", 14), ("nation", 4), ("part", 5), ("sup", 7)))
    if kind == "nation" and cls in ("person", "org", "food", "art", "vehicle", "place"):
        node = words.adjective(ctx.pick(adjectives.NATIONAL))
    elif kind == "part" and cls in adjectives.PARTICIPIAL:
        node = past_participle_adjective(ctx.pick(adjectives.PARTICIPIAL[cls].split()))
    elif kind == "only":
        options = adjectives.ATTRIBUTIVE.get(cls, adjectives.ATTRIBUTIVE_ANY)
        if entry.kind == "mass":
            options = ("other", "same")
        elif head.agr[1] == "Plur":
            options = tuple(w for w in options if w not in ("whole", "entire", "only"))
        node = words.adjective(ctx.pick(options))
    elif kind == "sup" and cls in adjectives.BY_CLASS and entry.kind == "count":
        graded = [w for w in adjectives.BY_CLASS[cls] if w not in adjectives.NON_GRADABLE]
        node = superlative(ctx, ctx.pick(graded))
        forced.add("definite")
    else:
        options = adjectives.BY_CLASS.get(cls, ("good", "new", "big", "different"))
        node = words.adjective(ctx.pick(options))
    if node.lemma in DEFINITE_ADJECTIVES:
        forced.add("definite")
    elif ctx.chance(0.012):
        ctx.note("scare_quotes")
        words.enclose(node, '"', '"')
    head.first(node, "amod")
    return node


def past_participle_adjective(form: str) -> Node:
    """Return a participle used as an adjective."""
    feats = {"Tense": "Past", "VerbForm": "Part", "Voice": "Pass"}
    lemma = {"fried": "fry", "parked": "park", "stolen": "steal", "signed": "sign",
             "established": "establish", "published": "publish", "connected": "connect",
             "trained": "train", "grilled": "grill", "furnished": "furnish",
             "cracked": "crack"}.get(form)  # fmt: skip
    return Node(lemma or form.removesuffix("d"), "VERB", form, "VBN", feats)


def superlative(ctx: Context, lemma: str) -> Node:
    """Return the superlative of an adjective, synthetic or with most."""
    from .inflect import compare

    form = compare(lemma, "est")
    if form:
        return words.adjective(lemma, "Sup", form)
    node = words.adjective(lemma)
    most = Node("most", "ADV", xpos="RBS", feats={"Degree": "Sup"})
    node.before(most, "advmod")
    return node


def _other(ctx: Context, cls: str, first: str) -> str:
    options = adjectives.BY_CLASS.get(cls, ("new", "big"))
    rest = [word for word in options if word not in (first, *DEFINITE_ADJECTIVES)]
    return ctx.pick(rest)


def _second_adjective(ctx: Context, head: Node, adjective: Node, second: Node) -> None:
    if ctx.chance(0.4):
        ctx.note("adjective_coordination")
        second.before(words.coordinator("and"), "cc")
        adjective.after(second, "conj")
        return
    ctx.note("adjective_stack")
    head.first(second, "amod")
    if ctx.chance(0.3):
        # A comma between stacked adjectives belongs to the noun, like the adjectives.
        head.left.insert(1, words.punct(","))
        head.left[1].deprel = "punct"


def degree(ctx: Context, adjective: Node, attributive: bool = False) -> None:
    """Put a degree adverb before an adjective."""
    graded = adjective.left or adjective.feats.get("Degree") != "Pos"
    if graded or adjective.lemma in adjectives.NON_GRADABLE:
        return
    ctx.note("degree_adverb")
    options = adverbs.ATTRIBUTIVE_DEGREE if attributive else adverbs.DEGREE
    adjective.first(words.adverb(ctx.pick(options)), "advmod")


def hyphenated(ctx: Context, cls: str) -> Node:
    """Return a hyphenated modifier as UD splits it: two words with a hyphen between."""
    first, *_, last = ctx.pick(adjectives.HYPHENATED[cls].split()).replace("-to-", "-").split("-")
    if first == "up":
        first, last = "low", "cost"
    head = words.adjective(last)
    if first in closed.NUMBER_WORDS:
        part, relation = words.numeral(first), "nummod"
    elif first in ("well", "top"):
        part, relation = words.adverb(first), "advmod"
    else:
        part, relation = words.adjective(first), "amod"
    if last in ("year", "page", "day", "time", "term", "fat", "tech", "class", "notch", "door",
                "hand", "depth", "profit", "cost"):  # fmt: skip
        head = words.common(last)
        if first == "in":
            part, relation = words.adposition("in"), "case"
    elif first in ("family", "home", "award"):
        part, relation = words.common(first), "compound"
    if first == "non":
        part, relation = Node("non", "ADJ", xpos="AFX"), "amod"
    head.before(part, relation)
    hyphen = words.punct("-")
    head.before(hyphen, "punct")
    return head
