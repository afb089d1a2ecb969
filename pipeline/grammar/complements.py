"""Complements of verbs: objects, particles, obliques, open and clausal complements."""

from __future__ import annotations

from . import clauses, embedded, noun_phrase, postmodifiers, premodifiers, pronouns, words
from .context import Context
from .lexicon import Frame, Slot, adjectives
from .lexicon.closed import REFLEXIVES
from .node import Node
from .verb_group import Tam

DATIVE = {"give": "to", "send": "to", "show": "to", "offer": "to", "lend": "to", "bring": "to",
          "teach": "to", "pay": "to", "buy": "for", "cook": "for", "make": "for"}  # fmt: skip


def particle(ctx: Context, head: Node, frame: Frame) -> None:
    """Attach the particle of a particle verb."""
    ctx.note("particle_verb")
    adverbial = frame.particle in ("back", "away", "together")
    if adverbial:
        head.after(words.adverb(frame.particle), "advmod")
        return
    head.after(Node(frame.particle, "ADP", xpos="RP"), "compound:prt")


def add(
    ctx: Context,
    frame: Frame,
    head: Node,
    tam: Tam,
    *,
    who: str,
    avoid: str = "",
    skip: str = "",
    locative: bool = True,
) -> None:
    """Attach the complements that the frame demands and some of those that it allows.

    `who` is the class of the subject, `avoid` its pronoun if it is one.
    """
    _note_family(ctx, frame)
    controller = who
    pending = bool(frame.particle)
    for slot in _dative(ctx, frame, head, avoid) if not skip else frame.slots:
        if slot.kind in ("o", "i"):
            if slot.kind == skip:
                continue
            controller = ctx.pick_class(slot.classes)
            node = _object(ctx, slot, controller, avoid, who)
            if pending and node.upos != "PRON" and ctx.chance(0.7):
                particle(ctx, head, frame)
                pending = False
            if tam.negative:
                under_negation(node)
            head.after(node, "iobj" if slot.kind == "i" else "obj")
            continue
        if pending:
            particle(ctx, head, frame)
            pending = False
        if slot.kind == "p":
            if slot.optional and not (
                locative and ctx.reachable(slot.classes) and ctx.chance(0.1 + 0.14 * ctx.richness)
            ):
                continue
            oblique(ctx, head, slot, avoid)
        else:
            _clause(ctx, head, slot, tam, controller, frame, avoid)
    if pending:
        particle(ctx, head, frame)


def _note_family(ctx: Context, frame: Frame) -> None:
    names = {"transitive": "transitive_clause", "intransitive": "intransitive_clause"}
    if frame.family in names:
        ctx.note(names[frame.family])


def under_negation(node: Node) -> None:
    """Turn no, some and nothing into any and anything, as a negated clause demands."""
    for child in node.left:
        if child.deprel == "det" and child.lemma in ("no", "some"):
            child.lemma = child.form = "any"
            child.feats = {"PronType": "Ind"}
    if node.feats.get("PronType") in ("Ind", "Neg") and not node.left:
        form = node.form.replace("some", "any").replace("nothing", "anything")
        node.lemma = node.form = form.replace("nobody", "anybody")
        node.feats["PronType"] = "Ind"


def _object(ctx: Context, slot: Slot, cls: str, avoid: str, who: str) -> Node:
    if cls == "person" and who == "person" and avoid in REFLEXIVES and ctx.chance(0.02):
        ctx.note("reflexive")
        return reflexive(avoid)
    role = "iobj" if slot.kind == "i" else "obj"
    return noun_phrase.noun_phrase(ctx, (cls,), role, avoid=avoid)


def reflexive(antecedent: str) -> Node:
    """Return the reflexive pronoun for a subject pronoun."""
    base = pronouns.personal(antecedent, "Acc")
    form = REFLEXIVES[antecedent]
    feats = {**base.feats, "Reflex": "Yes"}
    return Node(form, "PRON", form, "PRP", dict(sorted(feats.items())))


def _dative(ctx: Context, frame: Frame, head: Node, avoid: str) -> tuple[Slot, ...]:
    """Turn an indirect object into a prepositional phrase some of the time."""
    if frame.family != "ditransitive":
        return frame.slots
    if frame.lemma in DATIVE and ctx.chance(0.3):
        ctx.note("prepositional_dative")
        indirect, direct = frame.slots
        return (direct, Slot("p", DATIVE[frame.lemma], indirect.classes, False))
    ctx.note("ditransitive_clause")
    return frame.slots


def oblique(ctx: Context, head: Node, slot: Slot, avoid: str = "") -> None:
    """Attach a prepositional complement."""
    if slot.marker == "by" and "vehicle" in slot.classes:
        phrase = words.noun(ctx.noun(slot.classes), "Sing")
        phrase.first(words.adposition("by"), "case")
    else:
        phrase = postmodifiers.prepositional(ctx, slot.marker, slot.classes, "obl", avoid)
    head.after(phrase, "obl")


def _clause(
    ctx: Context, head: Node, slot: Slot, tam: Tam, controller: str, frame: Frame, avoid: str
) -> None:
    controlled = frame.slot("o") is not None
    if slot.kind == "xto":
        ctx.note("object_control" if controlled else "infinitive_to")
        head.after(clauses.infinitive(ctx, controller), "xcomp")
    elif slot.kind == "xbare":
        ctx.note("bare_infinitive")
        node = clauses.infinitive(ctx, controller)
        if frame.lemma != "help" or ctx.chance(0.6):
            node.left.pop(0)
        head.after(node, "xcomp")
    elif slot.kind == "xing":
        ctx.note("gerund_complement")
        form = "part" if controlled else "ger"
        head.after(clauses.gerund(ctx, controller, form), "xcomp")
    elif slot.kind == "xadj":
        ctx.note("resultative_adjective")
        head.after(complement_adjective(ctx, controller, controlled), "xcomp")
    elif slot.kind == "that":
        head.after(embedded.that_clause(ctx, tam), "ccomp")
    elif slot.kind == "wh":
        node = embedded.question(ctx, tam)
        # A free relative is a nominal, so it is an object and no clausal complement.
        head.after(node, "obj" if node.upos == "PRON" else "ccomp")


def complement_adjective(ctx: Context, cls: str, controlled: bool) -> Node:
    """Return an adjective predicated of a subject or object of the class."""
    options = adjectives.BY_CLASS.get(cls, adjectives.GENERAL_PREDICATES)
    if cls == "person" or cls == "kin":
        options = ("happy", "tired", "angry", "nervous", "sad", "sick", "proud", "busy", "great",
                   "comfortable", "young", "good", "lonely", "welcome")  # fmt: skip
    node = words.adjective(ctx.pick(options))
    if (ctx.chance(0.35) and not controlled) or ctx.chance(0.12):
        premodifiers.degree(ctx, node)
    return node
