"""Finer semantic classes, split off from the coarse ones in the noun tables.

A meeting can be attended and an accident cannot; one goes to a park but not to a floor.  Listing
the exceptions here keeps the tables of nouns readable.
"""

from __future__ import annotations

# coarse class -> finer class -> the lemmas that move to it
FINER = {
    "event": {
        "incident": "war attack explosion battle raid fighting invasion bombing clash kidnapping"
        " crime accident robbery arrest divorce murder fight crash fire storm move crisis recession"
        " scandal outage eruption earthquake discovery strike emergency surgery treatment repair"
        " merger release launch opening deadline appeal ceasefire adoption birthday inspection"
        " operation campaign experiment date practice",
    },
    "place": {
        "site": "website internet page folder server network forum",
        "spot": "floor desk counter aisle table roof bench basket cage tank stage porch scene"
        " economy space checkpoint patio track field pool bed cell ward sofa hall lobby street"
        " road highway driveway intersection border bridge ship kennel courtroom",
    },
    "money": {
        "cash": "money cash loan payment deposit fee fine rent tip bill refund bail fare tax"
        " allowance donation salary bonus grant debt charge prize",
    },
    "part": {"fixture": "button case cable"},
    "problem": {"crack": "line"},
    "animal": {"pest": "spider rat bat insect shark"},
}

# Groups of nouns that verbs select without their forming a class of their own.
GROUPS = {
    "measures": "price rate cost temperature level wage value weight speed size pressure fare rent",
    "home": "house apartment city village town country neighborhood region farm dormitory",
    "cleanable": "house apartment kitchen bathroom bedroom garage room office cage yard pool lab"
    " classroom gym",
    "buildable": "house bridge road school hospital garage wall fence shelf robot rocket telescope"
    " building museum station library church stadium",
    "crossable": "street road border bridge highway desert river field square intersection",
    "open_space": "street park forest village city field garden beach town neighborhood yard",
    "seat": "sofa chair garden park kitchen restaurant bench cafe library car classroom",
    "bedlike": "hotel room bed cabin apartment tank car garage basket cage barn sofa",
    "parking": "street garage driveway parking_lot",
    "premises": "store shop office restaurant museum school bank cafe clinic door window gate"
    " library account market gallery",
    "rentable": "apartment house room cabin boat bike car suit van studio truck",
    "transport": "train bus taxi plane ferry cab",
    "takeable": "test exam class course photo picture vacation walk picnic break",
    "growing_place": "garden yard field forest farm",
    "waters": "pool lake ocean river",
    "dogs": "dog puppy horse",
    "barkers": "dog puppy",
    "teachers": "teacher professor instructor tutor coach trainer",
    "healers": "doctor nurse vet surgeon hospital clinic dentist therapist specialist",
    "police": "police officer policeman detective",
    "fighters": "army rebel soldier terrorist force fighter militia gunman troop",
    "deadly": "terrorist rebel gunman soldier suspect explosion bomb missile attack storm cancer"
    " accident rocket",
    "performers": "singer band orchestra musician dancer pianist choir guitarist",
    "filmmakers": "director studio",
    "waiters": "waiter waitress restaurant cafe host hostess bartender server bar",
    "cooks": "cook chef mother father baker friend husband wife grandmother",
    "makers": "company scientist engineer developer team programmer researcher university lab"
    " startup",
    "publishers": "newspaper publisher author journalist university scientist writer professor"
    " magazine researcher poet blogger",
    "deciders": "committee board council parliament government court manager agency director judge"
    " congress bank commission president mayor minister federation league",
    "employers": "company manager director owner firm bank agency hotel restaurant school hospital"
    " store club university department shop",
    "advocates": "lawyer senator attorney ambassador diplomat",
    "tradesmen": "company lawyer plumber mechanic doctor bank hotel airline landlord garage clinic"
    " restaurant electrician store dentist shop vet",
    "spoilers": "rain leak noise storm child dog snow puppy kid weather kitten",
    "note": "message note letter comment tip",
    "eateries": "restaurant cafe bakery bar",
    "container": "folder warehouse garage kitchen database computer attic basement server",
    "counters": "hotel airport clinic desk station",
    "instruments": "guitar piano violin drum",
    "contests": "game match race tournament final championship marathon election",
    "investigators": "police detective agency journalist committee inspector prosecutor reporter"
    " scientist researcher army",
    "shelters": "shelter breeder family farm",
    "grounds": "house apartment kitchen yard restaurant store garage office city park",
}
