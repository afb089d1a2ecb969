"""Adjectives, by the semantic classes of the nouns they go with.

`BY_CLASS` gives adjectives usable before the noun and as predicates; `ATTRIBUTIVE` those that
only stand before nouns; `OBLIQUE`, `INFINITIVE` and `CLAUSAL` those that take a complement.
"""

from __future__ import annotations

from .notation import listed

BY_CLASS = {
    cls: tuple(words.split())
    for cls, words in {
        "person": "young old good great nice friendly kind honest rude smart famous rich poor tall"
        " helpful professional polite quiet busy angry tired nervous happy experienced"
        " lonely brave lazy careful patient lovely wonderful reliable talented",
        "kin": "young old proud sick tired kind late strict happy",
        "group": "young poor rich local large small angry happy innocent",
        "org": "large small local private foreign new big powerful independent international"
        " successful reliable good great professional major national wealthy honest modern",
        "place": "small large old new beautiful quiet empty crowded clean dirty busy dark huge nice"
        " cozy lovely safe dangerous famous local expensive cheap noisy pleasant warm",
        "region": "small poor rich northern southern western eastern beautiful remote foreign",
        "document": "long short new detailed final official important recent useful clear early"
        " confidential brief complete formal original final attached interesting written",
        "message": "short quick important simple clear strange brief long rude polite angry public"
        " official kind personal urgent final",
        "info": "accurate new important detailed useful correct wrong recent complete"
        " personal reliable public basic full current",
        "software": "new free old simple slow fast useful popular reliable available powerful easy"
        " different latest",
        "device": "new old cheap expensive small broken reliable digital modern fast heavy powerful"
        " electric portable noisy useless",
        "tool": "sharp heavy old new cheap simple small useful good",
        "part": "old new broken wooden loose rear front small dirty heavy damaged rusty",
        "vehicle": "new old fast slow used cheap expensive red blue white black comfortable "
        " reliable late empty full crowded big small rental heavy",
        "furniture": "comfortable old new large small wooden heavy beautiful broken cheap antique"
        " empty clean soft round",
        "thing": "small new cheap expensive old beautiful heavy little red blue empty broken"
        " perfect nice big special",
        "clothes": "new old warm comfortable expensive cheap black white red beautiful dirty tight"
        " heavy elegant dry",
        "food": "fresh delicious hot cold good great tasty spicy sweet healthy tender crispy"
        " amazing excellent cheap terrible bland homemade simple local organic raw",
        "drink": "cold hot strong fresh sweet good free expensive weak local",
        "animal": "wild small young old large friendly quiet beautiful sick healthy black white"
        " dangerous hungry gentle rare lost little brown",
        "plant": "tall green old beautiful wild dry dead small rare",
        "money": "small large extra high low annual monthly additional full free total huge",
        "price": "high low good great reasonable average poor excellent perfect right overall",
        "event": "long short recent great next annual special big small important successful"
        " terrible fantastic quick final public regular memorable amazing major boring early",
        "activity": "hard good extensive daily regular new serious difficult careful successful"
        " professional public intense basic special",
        "problem": "serious big small minor major real common terrible huge recent simple similar"
        " obvious strange technical unexpected constant",
        "idea": "good great bad new simple clear different interesting original better possible"
        " ambitious radical stupid excellent wonderful smart realistic",
        "rule": "new strict clear old simple current strange fair national important unfair",
        "service": "good great excellent poor slow fast friendly free terrible fantastic prompt"
        " professional reliable amazing awful efficient",
        "job": "new good full-time steady difficult permanent temporary great boring interesting"
        " dangerous important",
        "art": "new good great beautiful famous old short classic popular funny sad boring"
        " strange modern recent early wonderful",
        "field": "modern ancient basic advanced",
        "material": "hot cold fresh dry wet clean dirty heavy black white pure",
        "body": "left right sore healthy weak strong broken swollen",
        "illness": "serious chronic severe common mild sudden rare dangerous bad",
        "medicine": "new strong effective expensive safe cheap experimental",
        "weapon": "heavy powerful deadly old illegal nuclear chemical",
        "weather": "heavy strong light severe sudden terrible bad",
        "feeling": "deep strong real sudden true great",
        "result": "great huge final early big small recent surprising complete clear total",
        "time": "long short busy quiet difficult hot cold",
    }.items()
}

ATTRIBUTIVE = {
    cls: tuple(words.split())
    for cls, words in {
        "person": "former new current chief senior other local main old",
        "org": "other same main global leading entire",
        "place": "other same main nearby entire whole central",
        "document": "other following last first previous same",
        "message": "last first other same following previous",
        "idea": "only other same main whole",
        "event": "last first other same entire whole upcoming previous",
        "problem": "other only main same whole first",
        "vehicle": "other same whole",
        "group": "other whole entire",
    }.items()
}
ATTRIBUTIVE_ANY = ("other", "same", "certain", "particular", "only", "main", "different")

NATIONAL = listed(
    "American French German Italian Spanish Chinese Japanese Russian Mexican British Israeli "
    "Iraqi Turkish Brazilian Canadian Indian Korean Greek Irish Swedish Egyptian Polish"
)

# Adjectives that neither stand as predicates nor take degrees well.
NON_GRADABLE = listed(
    "original final former medical additional extra total left formal overall annual local "
    "major national rental monthly little right early attached basic special electric main "
    "public daily digital foreign single recent average full late official personal common "
    "minor rear front northern southern western eastern particular current international "
    "independent private free wild dead used lost broken wooden portable raw organic perfect "
    "excellent huge amazing terrible fantastic awful wonderful brilliant empty nuclear chemical "
    "illegal experimental permanent temporary full-time attached written complete constant "
    "intense great delicious homemade fresh antique black white red blue brown green true real "
    "wrong entire central possible available global leading nearby ancient modern first last "
    "next same only other small certain different various following previous whole upcoming "
    "senior chief big lovely"
)

# adjective -> preposition and semantic classes of its oblique
OBLIQUE = {
    "happy": ("with", "service result price job"),
    "angry": ("at", "person org"),
    "proud": ("of", "person result org"),
    "afraid": ("of", "problem animal event"),
    "interested": ("in", "idea activity art job"),
    "responsible": ("for", "problem activity event"),
    "familiar": ("with", "rule place software"),
    "satisfied": ("with", "service result food"),
    "tired": ("of", "problem activity rule"),
    "aware": ("of", "problem rule info"),
    "ready": ("for", "event job"),
    "worried": ("about", "problem price money"),
    "excited": ("about", "event idea job"),
    "pleased": ("with", "service result info"),
    "impressed": ("with", "person service place"),
}

INFINITIVE = listed("able ready happy willing glad likely eager unable afraid sure proud free")
CLAUSAL = listed("sure glad afraid certain happy aware sorry confident worried surprised")
TOUGH = listed("easy hard difficult impossible simple expensive")
EVALUATIVE = listed(
    "good important hard easy difficult possible impossible necessary nice great better best "
    "dangerous wrong useful helpful strange unusual"
)
FACTIVE = listed(
    "clear true obvious possible likely sad strange surprising unlikely amazing unfortunate "
    "important wonderful"
)
GENERAL_PREDICATES = listed(
    "good great fine true right wrong fun nice wonderful terrible important possible bad okay "
    "perfect amazing awful fair crazy strange funny sad cool awesome ridiculous interesting "
    "expensive difficult easy different"
)
PARTICIPIAL = {
    "place": "located renovated furnished", "document": "signed updated revised",
    "vehicle": "parked stolen", "person": "retired trained", "food": "fried grilled baked",
    "org": "established", "part": "cracked", "device": "connected", "art": "published",
}  # fmt: skip
COMPARABLE = listed(
    "cheap expensive fast slow big small good bad long short easy difficult nice clean safe "
    "strong old young high low quiet busy large warm cold friendly interesting important useful "
    "reliable comfortable popular dangerous simple"
)
HYPHENATED = {
    "person": "well-known hard-working full-time", "place": "run-down well-lit family-run",
    "document": "two-page in-depth up-to-date", "food": "home-made low-fat", "device": "high-tech",
    "service": "first-class top-notch", "vehicle": "second-hand four-door", "event": "three-day",
    "problem": "long-term", "idea": "well-thought", "org": "family-owned non-profit",
    "art": "award-winning best-selling", "job": "full-time part-time", "price": "all-time",
}  # fmt: skip
