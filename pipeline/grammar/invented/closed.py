"""The closed classes of Talvori: short words, listed by the meaning that they render."""

from __future__ import annotations

# Part of speech -> meaning:word.  A preposition of two words goes by the part of speech of the
# first; _ joins the two.
TABLE = {
    "pron": "I:nu you:ke we:numa they:soma he:so she:se it:ti this:da that:do who:ma "
    "what:mi which:mo whose:maru someone:omal somebody:omar everyone:tamal everybody:tamar "
    "nobody:nemal something:omi everything:tami nothing:nemi myself:nusil yourself:kesil "
    "himself:sosil herself:sesil itself:tisil ourselves:numasil themselves:somasil",
    "det": "this:de that:du some:om any:ovu no:nem every:tam each:teme all:tol both:bol "
    "another:eru such:zun quite:pir what:min which:mon half:hal",
    "adp": "in:ba for:pu to:ri of:lo with:ku at:vi by:go from:fa about:hu as:ju than:jo on:be "
    "near:nir during:dur off:fol over:ovar up:upa down:dau out:ut after:zar before:zir "
    "without:kune despite:gan since:sin due_to:gol through:tur against:kon into:bari",
    "aux": "be:dor can:pol could:polu would:vol should:zol may:mel might:melu must:tul",
    "cop": "be:en",
    "part": "not:na",
    "cconj": "and:e or:o but:au both:bi either:oi yet:aun",
    "sconj": "that:ki because:gai if:si as:ja since:sina while:dun for:puri once:hai before:zire "
    "after:zare until:dali unless:sine although:gana though:ganu without:kuna by:gori whether:sio "
    "because_of:gal",
    "verb": "accord_to:sai",
    "adv": "instead_of:vas",
    "adj": "such_as:jun",
}  # fmt: skip
PREVERBS = ("al", "or", "is", "un")
TOPIC = "wa"
OBJECT = "zo"
QUESTION = "ka"
CLASSIFIERS = {"person": "zi", "kin": "zi"}
CLASSIFIER = "ta"


def _load() -> dict[str, str]:
    return {
        f"{meaning}.{upos}": word
        for upos, entries in TABLE.items()
        for meaning, _, word in (entry.partition(":") for entry in entries.split())
    }


WORDS = _load()
