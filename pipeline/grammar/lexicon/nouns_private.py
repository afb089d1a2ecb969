"""Nouns of private life: food, travel, home, health, cars, pets, sport, arts and family."""

from __future__ import annotations

PRIVATE = {
    "food": {
        "person": "waiter waitress chef<pastry> cook customer owner<restaurant> bartender guest"
        "<dinner> hostess server manager<restaurant> friend baker",
        "org": "restaurant<seafood,family> cafe<street> bakery<family> staff~<kitchen,wait>"
        " business<family> chain<restaurant>",
        "place": "restaurant<pizza,seafood,steak> cafe<corner> kitchen<restaurant>"
        " bar@at<wine,salad> patio@on table@at<corner,window> dining_room counter@at"
        " market@at<fish>",
        "food": "pizza steak salad<chicken,fruit> sandwich<cheese,chicken> soup<onion,tomato>"
        " chicken~ rice~ dessert bread~<garlic> breakfast burger<cheese> fish~ pasta~ cake"
        "<chocolate> dish<rice,meat> sushi~ cookie sauce<tomato> vegetable meal noodle egg pie"
        "<apple> shrimp+ lunch<business>",
        "drink": "coffee~ tea~ wine~ beer juice~<orange,apple> cocktail water~ drink soda",
        "document": "menu<dinner,lunch> review<restaurant> recipe<cake,soup> bill list<wine>"
        " coupon check",
        "message": "complaint question order<dinner> reservation<dinner> call recommendation",
        "info": "price<menu> number<phone> information~ detail",
        "price": "price<menu> quality<food> taste portion size atmosphere<bar> selection<wine>"
        " flavor",
        "service": "service<table> delivery<food,pizza> hospitality~ parking~",
        "event": "dinner<birthday,family> party<birthday,dinner> lunch wedding visit anniversary",
        "problem": "problem mistake<kitchen> delay smell",
        "money": "bill<dinner> tip money~ charge<service>",
        "furniture": "table<dining> chair plate<dinner> glass<wine> cup<coffee> knife<kitchen> oven"
        "<pizza>",
        "activity": "cooking~ business~ catering~",
        "idea": "choice idea suggestion plan<dinner> variety",
        "weather": "heat~ rain~ weather~",
    },
    "travel": {
        "person": "traveler tourist guide<tour> pilot<airline> passenger<airline> driver<taxi,bus>"
        " agent<travel> guest<hotel> receptionist<hotel> visitor friend clerk<hotel,ticket>"
        " captain<ship> backpacker maid",
        "org": "airline hotel<luxury> agency<travel> company<tour,taxi> staff~<hotel> office"
        "<tourist,ticket> embassy",
        "place": "hotel<beach,airport> airport@at station@at<train,bus> beach@on city island@on"
        " room<hotel> museum<art> park<theme> restaurant<hotel> lobby<hotel> mountain@on village"
        "<fishing,mountain> castle country cabin<log> pool<hotel> church resort@at<ski> harbor"
        " temple lake@on bridge@on square@on<town> hostel<youth>",
        "vehicle": "train<night> bus<tour,airport> plane car<rental> taxi<airport> boat<fishing>"
        " ferry bike<mountain> ship<cruise> cab",
        "document": "ticket<train,plane> passport map<city,road> guide<travel,city> visa<tourist>"
        " itinerary<travel> reservation<hotel> postcard photo<vacation> brochure<travel> review"
        "<hotel>",
        "message": "question call<wake-up> message complaint announcement e-mail postcard",
        "info": "information~<flight> price<ticket> schedule<train,flight> address<hotel> detail"
        "<flight> number<flight>",
        "event": "trip<road,day,business> flight<morning> tour<bus,city> vacation<summer,family>"
        " cruise visit weekend festival<music,food> holiday journey<train> stay<hotel>",
        "activity": "hiking~ travel~ sightseeing~ tour<walking> diving~ search",
        "problem": "delay<flight> problem<visa,luggage> line noise~<traffic> traffic~ mistake"
        "<booking> strike<airline>",
        "price": "price<ticket> rate<hotel> location view<ocean,mountain> cost<travel> size<room>"
        " weather~",
        "service": "service<room,bus> breakfast<hotel> transportation~ parking~<airport> shuttle"
        "<airport>",
        "thing": "suitcase luggage~ bag<travel> backpack camera key<room> souvenir towel<beach>"
        " umbrella",
        "money": "fare<train,taxi> deposit<room> fee<baggage> cash~ currency tip",
        "weather": "weather~ rain~ snow~ storm sun~ heat~ fog~",
        "idea": "plan<travel,vacation> advice~<travel> suggestion idea option<travel>",
        "region": "country coast south north continent",
        "furniture": "bed<hotel> shower balcony window door<room> pillow",
    },
    "home": {
        "person": "plumber contractor<roofing,building> electrician landlord tenant neighbor"
        " roommate painter<house> builder gardener owner<house> carpenter architect cleaner"
        "<house> renter mover",
        "org": "company<moving,cleaning,gas> family crew<moving> store<hardware>"
        " service<cleaning,garden>",
        "place": "house<country,beach> apartment<city> kitchen garden<rose,vegetable> bathroom"
        "<guest> bedroom<guest> garage yard<front> living_room basement neighborhood building"
        "<apartment> street attic porch@on roof@on",
        "furniture": "sofa<leather> table<kitchen,dining> bed chair<kitchen> lamp"
        " shelf<kitchen,book> carpet<bedroom> curtain<window> mirror<bathroom> cabinet<kitchen>"
        " desk",
        "device": "heater<water> oven stove<gas> machine<washing> television refrigerator vacuum"
        " fan<ceiling> alarm<smoke> dishwasher dryer<clothes>",
        "part": "roof<house,tile> wall<brick,kitchen> window<bedroom,kitchen> door<front,garage>"
        " floor<wood,kitchen> pipe<water> ceiling<bedroom> fence<garden> sink<kitchen> toilet"
        " stair lock<door> gate<garden> chimney",
        "tool": "hammer ladder brush<paint> drill screwdriver saw<hand> shovel bucket",
        "plant": "tree<apple> flower lawn rose bush plant<house> weed vegetable",
        "material": "paint~<wall> wood~ brick glass~ cement~ tile<roof> water~ dirt~ dust~",
        "document": "contract<repair> bill<gas,water> lease<apartment> estimate<repair> list plan"
        "<floor> check<rent>",
        "message": "question call<phone> message complaint<noise> letter reminder",
        "info": "address<street> price<house> number<phone> information~ detail",
        "money": "rent~ deposit<security> mortgage<home> money~ bill<electricity> cost<repair>",
        "event": "move party<dinner> repair<roof> visit storm fire<kitchen>",
        "activity": "repair<roof> work~<repair> cleaning~<window> renovation<kitchen> gardening~"
        " job<paint>",
        "problem": "leak<roof,water> problem<plumbing> crack<wall> noise<street> smell mess damage~"
        "<water> mold~",
        "price": "size<room> cost<repair> quality price<house> temperature<room>",
        "service": "service<cleaning,moving> estimate<repair> repair<appliance>",
        "idea": "plan<garden> idea<design> design<kitchen> solution choice<color>",
        "weather": "rain~ snow~ wind heat~ storm",
    },
    "health": {
        "person": "doctor<family> nurse<school> patient<cancer> dentist surgeon<heart> therapist"
        " pharmacist specialist<skin> receptionist baby mother trainer vet paramedic",
        "org": "hospital<children> clinic<health> company<drug,insurance> staff~<hospital,nursing>"
        " office<dentist> department<health> gym",
        "place": "hospital<city> clinic<eye> room<waiting,emergency> gym@at office<doctor> pharmacy"
        "@at bed home<nursing> ward<hospital>",
        "document": "prescription<drug> record<health> form<insurance> bill<hospital> report<lab>"
        " chart<patient> letter list<waiting>",
        "message": "question call<phone> complaint advice~ diagnosis recommendation answer",
        "info": "information~<health> result<test,blood> detail history~<health> evidence~",
        "illness": "disease<heart> infection<ear> cancer~<lung> flu~ cold headache fever allergy"
        "<food> injury<knee> pain<back,knee> stress~ cough diabetes~ ache<stomach>",
        "body": "back knee<left> heart tooth eye leg shoulder stomach skin~ arm hand head lung foot"
        " neck ear",
        "medicine": "medicine<cough> drug<cancer> vaccine<flu> pill<sleeping> antibiotic vitamin"
        " insulin~ painkiller",
        "event": "appointment<doctor> surgery<heart,knee> exam<eye> visit<hospital> treatment"
        " checkup emergency class<yoga>",
        "activity": "treatment<cancer> therapy~<speech> exercise~ test<blood> care~<health,skin>"
        " surgery~ diet research~",
        "problem": "problem<back,sleep> mistake risk<cancer> effect<side> delay wait danger",
        "service": "care~<health> insurance~<health> treatment appointment service<ambulance>",
        "money": "bill<hospital> cost insurance~ fee payment",
        "idea": "plan<treatment> advice~<health> option<treatment> decision suggestion",
        "food": "vegetable fruit~ sugar~ salt~ meat~ soup<chicken>",
        "price": "level<sugar> weight<body> temperature<body> pressure<blood> age",
        "feeling": "fear anxiety~ relief~ hope",
    },
    "cars": {
        "person": "mechanic<car> driver<truck> dealer<car> salesman<car> owner<car> passenger"
        " customer cyclist engineer teenager buyer inspector",
        "org": "garage<repair> company<car,insurance> dealership<truck> shop<repair,body>"
        " manufacturer<car,engine> police+",
        "place": "garage road@on<country> highway@on street<side> parking_lot shop@at<repair>"
        " gas_station@at bridge@on driveway dealership@at intersection@at tunnel",
        "vehicle": "car<sports,police> truck<pickup> van<delivery> bus<school> motorcycle bike"
        "<mountain> sedan<family> taxi trailer jeep",
        "part": "engine<truck> brake<parking> tire<snow> door window<passenger> battery<car> light"
        "<brake> seat<passenger> wheel<steering> transmission tank<gas> mirror belt<seat> pump"
        "<fuel,water> bumper",
        "tool": "wrench jack<car> cable<jumper> tool_kit hammer",
        "document": "bill<repair> manual<owner> contract<lease> license<driver> estimate<repair>"
        " ticket<parking> report<accident> ad",
        "message": "question call complaint warning advice~ answer",
        "info": "price information~<safety> number<license> history~<repair> detail",
        "money": "deposit loan<car> insurance~<car> payment<car> fine<parking> cash~ tax<fuel>",
        "price": "price<gas,fuel> mileage~<gas> speed cost<repair,fuel> condition color value"
        "<resale>",
        "event": "accident<car,traffic> race<car> repair<engine> drive<test> inspection<safety>"
        " crash",
        "activity": "repair<brake> work~<engine> driving~ test<crash,road> inspection",
        "problem": "problem<engine,brake> noise<engine> leak<oil> damage~ scratch traffic~ defect"
        " rust~",
        "service": "service<towing> repair<body> warranty insurance~ change<oil>",
        "material": "oil~<engine> gas~ fuel~ rubber~ steel~ paint~",
        "idea": "offer deal choice advice~ plan<payment>",
        "weather": "snow~ rain~ ice~ fog~",
    },
    "pets": {
        "person": "owner<dog,cat> vet breeder<dog> trainer<dog> neighbor child kid walker<dog>"
        " groomer<dog> farmer<sheep> volunteer",
        "org": "shelter<animal> store<pet> clinic<animal> family zoo<city> club<riding>",
        "place": "cage<bird> yard park<dog> house farm@on<horse> shelter<animal> zoo@at tank<fish>"
        " garden basket kitchen barn<horse> kennel<dog> store<pet> sofa@on",
        "animal": "dog<guide> cat<house> puppy kitten horse<race> rabbit bird parrot fish hamster"
        " snake cow goat<mountain> rat mouse turtle<sea> duck chicken squirrel goldfish",
        "food": "food~<dog,cat> meat~ carrot seed biscuit<dog> milk~ grass~ apple fish~",
        "thing": "toy<dog> collar<dog> leash<dog> bowl<water,food> ball<tennis> blanket<horse> bed"
        "<dog> cage<rabbit> litter~<cat> box<litter>",
        "document": "book<training> article record<vaccination> list photo form<adoption>",
        "message": "question advice~ call answer complaint<noise>",
        "info": "information~ detail name photo fact",
        "illness": "disease<skin> infection<ear> flea worm allergy<cat> injury<leg>",
        "body": "ear tail paw leg fur~ eye tooth nose stomach claw",
        "event": "walk<evening> visit<vet> show<dog,horse> class<training> adoption surgery",
        "activity": "training~<dog> exercise~ care~<pet> walk",
        "problem": "problem<behavior> noise smell habit accident mess",
        "money": "fee<adoption> bill<vet> cost<food> donation",
        "idea": "idea advice~<training> choice method<training> plan",
        "price": "size<cage> age weight color<coat>",
        "feeling": "love~ fear joy~ trust~",
        "group": "friend people+ family",
    },
    "sport": {
        "person": "player<tennis,football> coach<football,swimming> fan<football> referee captain"
        "<team> goalkeeper runner<marathon> champion<tennis> athlete teammate opponent cyclist"
        " striker rookie swimmer skier",
        "org": "team<football,home> club<football,tennis> league<baseball> federation<tennis>"
        " school crowd<home> squad association<golf>",
        "place": "stadium<football> gym court@on<tennis> field@on<baseball> pool<swimming> track@on"
        "<race> city park<ball> bench@on locker_room club<golf>",
        "event": "game<football,home,baseball> match<tennis> season tournament<golf> race<bicycle>"
        " final<cup> practice<football> championship<league> marathon<city> interview<television>"
        " season<playoff>",
        "activity": "training~<weight> football~ tennis~ practice~ swimming~ running~ exercise~",
        "thing": "ball<tennis> trophy medal<gold,silver> ticket<season> uniform<team> goal racket"
        "<tennis> jersey bat<baseball> helmet",
        "document": "contract<player> report<injury> article<sports> record<world> schedule<game>"
        " list<injury>",
        "message": "question announcement comment criticism~ statement interview",
        "info": "result<match,game> news~<sports> score statistic photo",
        "money": "salary prize money~<prize> fine bonus",
        "problem": "injury<knee,shoulder> problem mistake loss scandal<drug> suspension",
        "result": "victory<home> defeat win record<world> title<world> success",
        "idea": "plan<game> strategy<team> decision<referee> chance<title> advice~",
        "rule": "rule<game> decision ban<drug>",
        "body": "knee ankle shoulder leg back arm",
        "vehicle": "bus<team> bike<racing> boat<racing>",
        "price": "speed form score strength~ pace",
        "weather": "rain~ wind heat~ snow~",
        "feeling": "confidence~ pride~ pressure~ disappointment",
        "job": "position job<coaching> role career<football>",
    },
    "arts": {
        "person": "singer<opera,pop> actor<film> director<film,movie> writer<script> artist<comic>"
        " musician<street,jazz> author<cookbook> photographer<fashion> dancer critic<film,art>"
        " pianist<jazz> fan<movie> painter poet guitarist publisher<book> audience_member",
        "org": "band<rock,jazz> orchestra<city> studio<film,recording> museum<art> company<record,"
        "theater> gallery<art> publisher choir<church> audience<concert>",
        "place": "theater<movie> museum<art> stage@on studio<recording,dance> gallery<art> hall"
        "<concert> club<jazz,dance> library<music> city festival@at<film>",
        "art": "film<horror,action> song<love,pop> album<rock> book<picture> novel<crime> movie"
        "<action,horror> play<school> painting<oil> poem<love> story<ghost,love> show<television>"
        " piece<piano> picture photograph symphony musical opera",
        "document": "script<movie> review<film,book> article<magazine> contract<record> letter"
        " poster<movie> magazine<music> ticket<concert>",
        "message": "question announcement comment story interview<radio>",
        "info": "information~ detail news~ photo name title<song,book>",
        "event": "concert<rock,jazz> show<fashion,art> performance festival<film,music> exhibition"
        "<art> tour<concert> premiere<film> ceremony<awards> lesson<dance,piano> party",
        "activity": "music~<jazz,folk> dance~ acting~ photography~ writing~ painting~ work",
        "device": "guitar<bass> piano camera<film> violin drum instrument radio<car>",
        "problem": "problem<sound> mistake delay scandal noise controversy",
        "idea": "idea<story> style<music> theme plot<film> character story role<film> vision",
        "price": "quality<sound,picture> price<ticket> talent style beauty~ tone color",
        "money": "prize<book> money~ ticket royalty grant<arts>",
        "feeling": "love~ emotion passion joy~ sadness~",
        "result": "success award<film> hit<pop> failure",
        "clothes": "costume<stage> dress mask",
    },
    "family": {
        "person": "friend<school> neighbor girl boy kid child teenager couple guest<wedding> woman"
        " man visitor guy lady stranger babysitter priest host",
        "kin": "mother father sister brother wife husband son daughter uncle aunt grandmother"
        " grandfather cousin parent mom dad boyfriend girlfriend",
        "org": "family church<village> school<primary> club<book> community",
        "place": "house<summer> church park school@at home@at beach@on town city neighborhood"
        " apartment farm@on<family> garden restaurant car",
        "document": "letter<love> card<birthday,christmas> invitation<wedding,party> photo<family>"
        " diary album<photo> book<picture>",
        "message": "letter question call<phone> message<text> secret story answer apology joke",
        "info": "news~ address detail name truth~ photo number<phone>",
        "event": "party<birthday,garden> wedding dinner<family> vacation<family> birthday reunion"
        "<family> funeral visit weekend holiday picnic baptism date anniversary<wedding>",
        "activity": "marriage homework~ game<card> conversation help~ housework~",
        "food": "dinner cake<birthday,wedding> breakfast cookie soup sandwich pie<apple,pumpkin>",
        "thing": "gift<wedding,birthday> toy game<board> bike present<birthday> doll ring<wedding>"
        " key<house> bag flower",
        "clothes": "dress<wedding> coat<winter> shoe suit sweater pajama+",
        "vehicle": "car<family> bike<kid> bus<school> boat",
        "animal": "dog<family> cat horse puppy rabbit",
        "feeling": "love~ hope fear anger~ joy~ memory<childhood> trust~ feeling dream",
        "problem": "problem<money,family> fight mistake argument secret divorce death loss",
        "idea": "plan<wedding,weekend> idea<gift> advice~ decision dream choice",
        "money": "money~<pocket> allowance loan rent~ savings+",
        "furniture": "bed table<kitchen> sofa chair<rocking>",
        "job": "job<summer> career",
        "region": "country south coast",
    },
}
