"""Nouns of public life: politics, armed conflict, law, school and science."""

from __future__ import annotations

PUBLIC = {
    "politics": {
        "person": "president minister<defense,finance> senator governor<state> mayor candidate"
        " voter politician journalist leader<party,opposition> official<government,party>"
        " citizen activist spokesman ambassador diplomat judge critic reporter<newspaper>"
        " lawmaker adviser<policy>",
        "org": "government<state,city> party<opposition,labor> parliament congress court council"
        "<city> ministry<finance> administration newspaper commission<election> union<labor,trade>"
        " coalition committee<ethics> country nation community",
        "place": "capital<state> country region city parliament palace embassy border@on<state>"
        " street<city> house<state> district<school>",
        "document": "bill<tax,health> report<intelligence> statement<policy> letter treaty<peace>"
        " constitution article<newspaper> speech<victory> petition document memo editorial poll"
        "<opinion>",
        "message": "statement announcement question warning promise<campaign> claim criticism~"
        " call",
        "info": "news~ information~ evidence~ fact result<election> rumor detail figure",
        "event": "election<state> meeting<cabinet> debate<budget> vote conference<press,peace>"
        " visit<state> protest<street> summit scandal<corruption> war campaign<election> crisis"
        "<oil>",
        "activity": "campaign<advertising> policy investigation<police> talk+<peace> reform<tax>"
        " cooperation~ trade~",
        "problem": "problem crisis<budget> issue<security> threat corruption~ poverty~ violence~"
        " dispute<trade,border> conflict unemployment~",
        "idea": "plan<peace,security> proposal<budget> policy<energy> decision view position"
        " reform argument strategy<campaign>",
        "rule": "law<immigration,election> rule policy<trade,drug> agreement<trade,peace> right"
        "<voting>",
        "money": "tax<income> aid~ budget<defense> spending~<government> donation<campaign>",
        "result": "victory<election> defeat success majority support~ power~ freedom~",
        "group": "family minority crowd worker student farmer refugee",
    },
    "conflict": {
        "person": "soldier officer<police,army> general rebel<army> terrorist commander guard"
        "<prison,border> prisoner civilian witness hostage victim<bomb> refugee fighter pilot"
        "<helicopter> policeman suspect<terror> gunman guerrilla",
        "org": "army force+<security> police+ group<terror,rebel> militia government troop+ unit"
        "<army> organization<aid> agency<intelligence,news>",
        "place": "city village<mountain> camp<refugee,training> border@on prison base@at<army,air>"
        " mosque region<border> capital street building<government> checkpoint@at<police> hospital"
        " town<border> desert",
        "document": "report<intelligence,police> statement video<propaganda> letter map passport"
        " order",
        "message": "statement warning threat<bomb> claim demand appeal",
        "info": "information~ evidence~ news~ intelligence~ detail report",
        "weapon": "bomb<car> missile gun rocket explosive+ grenade rifle weapon",
        "vehicle": "tank helicopter<army> truck<army> plane convoy car<police> jeep",
        "event": "war attack<rocket,bomb> explosion<bomb> battle raid<air,police> fighting~"
        " invasion ceasefire bombing<suicide> clash<street> kidnapping operation<rescue>",
        "activity": "operation<security> search mission<rescue,peace> investigation<police>"
        " patrol<border> training~<weapons>",
        "problem": "threat<security> violence~ danger conflict<border> crisis<hostage> terrorism~",
        "idea": "plan<attack,peace> strategy decision policy<security> deal<peace>",
        "rule": "agreement<peace> law order curfew",
        "result": "victory peace~ security~ damage~ death casualty defeat",
        "group": "family child woman villager leader<tribal,militia>",
    },
    "law": {
        "person": "lawyer<defense,divorce> judge witness suspect<murder> thief<car> officer<police>"
        " detective<police> prosecutor criminal driver client victim neighbor attorney<defense>"
        " inspector inmate<prison>",
        "org": "court<appeals,district> police+ firm<law> jury department<police> company"
        "<insurance> agency<tax>",
        "place": "court courtroom prison station@at<police> house<court> street<side> scene@at"
        "<crime,accident> parking_lot office<law> cell<prison> neighborhood",
        "document": "report<police> letter statement<witness> contract<marriage> document<court>"
        " will permit<work,building> license<driver> complaint ticket<speeding> visa<student>",
        "message": "complaint question statement answer confession call",
        "info": "evidence~ fact information~ detail truth~ proof~ name",
        "event": "trial<murder> hearing<court> crime accident<traffic,car> robbery<bank> arrest"
        " divorce murder fight appeal",
        "activity": "investigation<murder,police> case<court> search<house> defense",
        "problem": "problem charge<drug> violation<traffic> dispute<property> abuse~<drug> injury"
        " damage~<property>",
        "rule": "law<labor,tax> rule<court> right<property> sentence<prison> order<court>",
        "idea": "decision<court> argument advice~ theory opinion settlement",
        "money": "fine<parking> fee<court> damages+ bail~ compensation~ rent<apartment>",
        "vehicle": "car<police> truck van motorcycle",
        "device": "camera<security> phone<cell> alarm<fire>",
        "group": "family resident tenant worker",
    },
    "school": {
        "person": "teacher<math,history,school> student<college,law> professor<history> child"
        " principal<school> parent graduate<college> tutor<math> classmate librarian researcher"
        " instructor coach<tennis> counselor<guidance>",
        "org": "school<law,high,grammar> university<state> college<community> class<history,math>"
        " department<history> club<chess,drama> faculty",
        "place": "school@at<law,summer> university@at college@at library<school> classroom campus"
        "@on<college> dormitory<college> lab<science> gym<school> cafeteria<school>",
        "document": "book<history,library> essay paper<research> textbook<math> report<book>"
        " letter<recommendation> article<journal> thesis<master> note<class> list<reading>"
        " application<college> dictionary",
        "message": "question answer<test> comment e-mail lecture announcement",
        "info": "information~ result<exam,test> grade<math> fact example knowledge~ date<exam>"
        " score<test>",
        "event": "exam<entrance> class<art,math> lecture<history> lesson<piano> trip<field>"
        " meeting<parent> course<training> graduation quiz<math>",
        "activity": "research~<cancer> homework~<math> study<case> project<science,art> reading~"
        " test<reading> program<degree,exchange>",
        "problem": "problem<math> mistake<spelling> difficulty<reading> question",
        "idea": "idea theory method<teaching,research> plan<lesson> topic<research> argument",
        "job": "job<summer> career<teaching> degree<law,college> scholarship internship",
        "money": "fee<tuition> tuition~ loan<student> grant<research> scholarship",
        "rule": "rule<school> policy<admissions> requirement<course> schedule<class>",
        "field": "history~ math~ science~ biology~ art~ music~ law~ physics~ literature~",
        "device": "computer<school> calculator laptop projector",
        "group": "family friend people+ parent",
    },
    "science": {
        "person": "scientist<climate> researcher<cancer> astronaut biologist physicist farmer"
        " engineer<space> expert<climate> explorer professor inventor geologist",
        "org": "university<state> agency<space> institute<research> lab team<research>"
        " organization<health> community<research>",
        "place": "lab<research> ocean forest<rain,oak> island mountain@on desert planet@on river"
        " space~ valley<river> field<corn> beach@on museum<history> cave station@on<space,weather>",
        "document": "study<field> report<research,climate> paper<research> article<journal> map"
        "<weather> journal book photo<satellite> chart",
        "message": "question warning<storm> claim announcement",
        "info": "data~<climate,satellite> result<test> evidence~<fossil> fact information~ sample"
        "<soil,blood> estimate pattern<weather>",
        "animal": "bird<sea> whale insect bear wolf snake fish deer butterfly frog<tree> shark"
        " monkey bat spider",
        "plant": "tree<oak,pine> flower plant grass~ seed crop<corn> leaf<oak>",
        "weather": "storm<snow,winter> rain~ snow~ wind hurricane drought heat~ flood earthquake",
        "event": "experiment<lab> mission<space> launch<rocket> storm<winter> discovery eruption"
        "<volcano> earthquake",
        "activity": "research~<space,energy> experiment survey<bird> observation exploration~"
        "<space> study",
        "problem": "problem pollution~<air,water> disease<plant> threat damage~<storm> shortage"
        "<water>",
        "idea": "theory<evolution> idea method hypothesis explanation model<computer,climate>"
        " technique",
        "device": "telescope<space> satellite<weather> robot microscope sensor<heat> instrument"
        " rocket<space>",
        "material": "water~ oil~ carbon~ ice~ rock metal gas energy~",
        "body": "brain heart blood~ cell<blood,brain> bone gene",
        "price": "temperature<air,water> level<sea> size speed<wind> age",
        "money": "funding~<research> grant<research> budget<research> cost",
    },
}
