"""Irregular inflection: the forms that no spelling rule predicts."""

from __future__ import annotations

from .notation import listed

PLURALS = {
    "man": "men", "woman": "women", "child": "children", "person": "people", "wife": "wives",
    "foot": "feet", "tooth": "teeth", "mouse": "mice", "knife": "knives", "shelf": "shelves",
    "life": "lives", "leaf": "leaves", "half": "halves", "loaf": "loaves", "thief": "thieves",
    "sheep": "sheep", "fish": "fish", "deer": "deer", "aircraft": "aircraft",
    "potato": "potatoes", "tomato": "tomatoes", "hero": "heroes", "series": "series",
    "species": "species", "policeman": "policemen", "businessman": "businessmen",
    "wolf": "wolves",
    "brother-in-law": "brothers-in-law", "goldfish": "goldfish", "salmon": "salmon",
    "stomach": "stomachs", "police": "police", "savings": "savings",
    "damages": "damages", "people": "people", "shrimp": "shrimp",
    "headquarters": "headquarters", "quiz": "quizzes",
}  # fmt: skip

VERB_FORMS = {
    verb: (preterite, perfect)
    for verb, preterite, perfect in (
        line.split()
        for line in """
have had had
do did done
go went gone
say said said
make made made
take took taken
get got gotten
give gave given
find found found
think thought thought
tell told told
become became become
leave left left
feel felt felt
put put put
bring brought brought
begin began begun
keep kept kept
hold held held
write wrote written
stand stood stood
hear heard heard
let let let
mean meant meant
set set set
meet met met
run ran run
pay paid paid
sit sat sat
speak spoke spoken
lead led led
read read read
grow grew grown
lose lost lost
fall fell fallen
send sent sent
build built built
understand understood understood
draw drew drawn
break broke broken
spend spent spent
cut cut cut
rise rose risen
drive drove driven
buy bought bought
wear wore worn
choose chose chosen
catch caught caught
teach taught taught
sell sold sold
eat ate eaten
drink drank drunk
sing sang sung
sleep slept slept
win won won
fly flew flown
forget forgot forgotten
hide hid hidden
hit hit hit
hurt hurt hurt
know knew known
lay laid laid
lend lent lent
lie lay lain
ride rode ridden
ring rang rung
see saw seen
shake shook shaken
shoot shot shot
show showed shown
shut shut shut
steal stole stolen
sweep swept swept
swim swam swum
tear tore torn
throw threw thrown
wake woke woken
come came come
fight fought fought
feed fed fed
bite bit bitten
blow blew blown
bend bent bent
cost cost cost
deal dealt dealt
dig dug dug
freeze froze frozen
hang hung hung
seek sought sought
spread spread spread
stick stuck stuck
strike struck struck
swear swore sworn
withdraw withdrew withdrawn
quit quit quit
beat beat beaten
burn burned burned
bet bet bet
forgive forgave forgiven
rebuild rebuilt rebuilt
overlook overlooked overlooked
weep wept wept
shine shone shone
sink sank sunk
split split split
foresee foresaw foreseen
""".strip().splitlines()
    )
}

DOUBLING = listed(
    "stop plan shop drop ship admit commit refer prefer occur permit submit chat grab rob ban "
    "beg hop jog knit mop nod pat pin plug rub scan skip slip snap spot step tip trim trip wrap "
    "regret control cancel run sit get put cut win swim begin forget hit let set shut bet dig "
    "quit upset"
)  # membership only, never iterated

COMPARISON = {
    "good": ("better", "best"), "bad": ("worse", "worst"), "far": ("farther", "farthest"),
    "fun": (None, None), "ill": (None, None), "glad": (None, None), "right": (None, None),
    "wrong": (None, None), "real": (None, None), "clever": ("cleverer", "cleverest"),
    "quiet": ("quieter", "quietest"), "simple": ("simpler", "simplest"),
    "narrow": ("narrower", "narrowest"), "gentle": ("gentler", "gentlest"),
    "many": ("more", "most"), "much": ("more", "most"), "sore": (None, None),
    "severe": (None, None), "secure": (None, None), "mature": (None, None),
    "complete": (None, None), "extreme": (None, None), "remote": (None, None),
    "unique": (None, None), "due": (None, None), "aware": (None, None), "live": (None, None),
    "polite": (None, None), "obscure": (None, None), "precise": (None, None),
    "humid": (None, None), "stupid": (None, None), "solid": (None, None),
}  # fmt: skip

AN_EXCEPTIONS = {
    "hour": "an", "honest": "an", "honor": "an", "hourly": "an", "heir": "an", "e-mail": "an",
    "university": "a", "unit": "a", "union": "a", "user": "a", "useful": "a", "usual": "a",
    "european": "a", "unusual": "an", "unimportant": "an", "unidentified": "an",
    "uninteresting": "an", "mri": "an", "mp3": "an", "used": "a", "unique": "a", "fbi": "an",
    "unimpressive": "an", "uninsured": "an", "ewe": "a", "once": "a", "uninvited": "an",
}  # fmt: skip
