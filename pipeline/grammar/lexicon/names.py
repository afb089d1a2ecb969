"""Proper names of people, places and invented organisations."""

from __future__ import annotations

from .notation import listed

MEN = listed(
    "John Michael David Robert Peter Thomas Paul Mark James Daniel Andrew Kevin Brian Steve Tom "
    "Bill Jim Chris Eric Jeff Ben Sam Jack Luis Carlos Ahmed Omar Yusuf Ivan Hans Pierre Kenji "
    "Raj Tim Martin Simon Victor Frank George Walter"
)
WOMEN = listed(
    "Mary Susan Linda Karen Lisa Anna Laura Sarah Jessica Emily Julie Kate Rachel Nancy Carol "
    "Maria Elena Fatima Leila Ingrid Claire Yuki Priya Jane Amy Sandra Helen Diane Alice Grace "
    "Monica Teresa Vera Ruth Stacy"
)
SURNAMES = listed(
    "Smith Johnson Miller Brown Davis Wilson Taylor Clark Lewis Walker Hall Young King Wright "
    "Hill Baker Carter Mitchell Parker Collins Morgan Cooper Reed Bailey Rivera Torres Gomez "
    "Silva Hassan Rahman Nakamura Tanaka Chen Wong Patel Singh Novak Petrov Schmidt Weber "
    "Larsen Olsen Murphy Kelly Rossi Moreau Dubois Haddad Okafor Mensah"
)
CITIES = listed(
    "London Paris Houston Chicago Boston Dallas Denver Seattle Berlin Madrid Rome Tokyo Toronto "
    "Sydney Moscow Baghdad Cairo Istanbul Vienna Dublin Portland Atlanta Miami Austin Geneva "
    "Brussels Lisbon Athens Oslo Warsaw Prague Mumbai Delhi Beijing Seoul Bangkok Nairobi Lima"
)
TWO_WORD_PLACES = (
    "New York", "San Francisco", "San Diego", "Los Angeles", "Hong Kong", "New Orleans",
    "Las Vegas", "Cape Town", "New Zealand", "South Africa", "Saudi Arabia", "Costa Rica",
)  # fmt: skip
COUNTRIES = listed(
    "Iraq Iran Israel Germany France Italy Spain Japan China India Russia Mexico Canada Brazil "
    "Egypt Turkey Greece Poland Australia Ireland Kenya Cuba Syria Sweden Norway Pakistan "
    "Argentina America Europe Africa Asia"
)
STATES = listed("Texas California Florida Ohio Oregon Alaska Virginia Georgia Nevada Maine")
COMPANIES = listed(
    "Norvex Calden Tellura Brightwell Hartline Quantara Zephyrin Ostara Meridex Lumora "
    "Fairhaven Kestrel Arlington Pinecrest Sundale"
)
INSTITUTIONS = (
    "Riverside Hospital", "Lakeside School", "Harbor Bank", "Maple Street", "Central Park",
    "Oak Avenue", "Hillside Clinic", "Grand Hotel", "Kestrel Airlines", "City Hall",
    "Northgate Mall", "Sunrise Cafe", "Union Station", "Liberty Bridge", "Mercy Church",
)  # fmt: skip
TITLES = {"Mr.": "Mr.", "Mrs.": "Mrs.", "Ms.": "Ms.", "Dr.": "Dr."}
OFFICES = ("President", "Senator", "Minister", "Judge", "General", "Professor", "Governor")
WEEKDAYS = listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = listed(
    "January February March April May June July August September October November December"
)
WORKS = (
    "Silent Rivers", "Paper Moon Street", "Winter Garden", "Broken Arrow", "Golden Hour",
    "Midnight Train", "Lost Island", "Second Summer",
)  # fmt: skip
WEB = listed(
    "www.calden-travel.com http://www.norvex.org/help www.brightwell.net/faq www.tellura.com "
    "http://forum.meridex.net www.fairhaven-news.org"
)
MAIL = listed(
    "julie@calden.com info@hartline.org support@tellura.com k.weber@norvex.org "
    "bookings@grandhotel.com"
)
