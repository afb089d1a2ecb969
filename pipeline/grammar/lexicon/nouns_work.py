"""Nouns of work, money, technology and shops, grouped by topic and semantic class.

Notation: `~` marks a mass noun, `+` a noun used only in the plural, `@on` or `@at` the
preposition of place (otherwise in), `<a,b>` the nouns that commonly modify it in compounds.
"""

from __future__ import annotations

WORK = {
    "office": {
        "person": "manager<office,project,sales> director<finance,sales,program> assistant<office>"
        " secretary accountant analyst<risk,credit,market> consultant<management> colleague"
        " boss trader<gas,power> employee applicant<job> intern supervisor client vendor"
        " executive<company,oil> coordinator<project> recruiter",
        "org": "company<energy,power,oil,software> department<sales,accounting,research> team"
        "<project,sales,support> firm<law,consulting> group<research,trading> committee"
        "<planning> board agency<government> unit<business>",
        "place": "office<home,branch> room<meeting,conference> lobby building<office> floor@on"
        "<trading> warehouse headquarters@at desk@at<front,reception> plant@at<power>",
        "document": "contract<supply,employment> report<sales,expense,progress> draft agreement"
        "<purchase,lease> memo spreadsheet form<expense,application> presentation schedule<work>"
        " invoice letter<cover> agenda<meeting> file list<mailing> proposal<budget> document"
        " summary copy attachment calendar",
        "message": "message<voice> e-mail note call<phone,conference> question request comment"
        " reply reminder feedback~",
        "info": "information~<contact> data~<market,sales> detail number<phone,fax> result<test>"
        " address<mail> figure<sales> name date<start>",
        "event": "meeting<staff,board,budget> interview<job> conference lunch<business> workshop"
        " presentation session<training> deadline",
        "activity": "project<research> work~ training~<staff> review<performance> audit"
        " negotiation+ planning~ transaction",
        "problem": "problem<staffing> issue<contract> delay mistake error<billing> conflict"
        "<scheduling> shortage concern",
        "idea": "plan<business> proposal idea suggestion strategy<market> decision option change"
        " recommendation approach",
        "job": "job position role task career",
        "device": "computer<office> printer phone<office> copier laptop projector",
        "money": "salary bonus budget<travel> cost<labor> expense<travel> payment",
        "rule": "policy<company,travel> rule procedure<safety> requirement guideline",
        "result": "profit growth~ progress~ success agreement",
    },
    "finance": {
        "person": "investor banker<investment> customer<bank> economist broker<stock> shareholder"
        " analyst<market,stock> taxpayer buyer seller owner<business> lender borrower",
        "org": "bank<savings,investment> company<insurance,oil,technology> fund<pension,hedge>"
        " exchange<stock> industry<banking,energy> agency<credit,tax> startup<technology>"
        " corporation bureau<credit>",
        "place": "bank@at market@on<stock,bond,housing> branch<bank> economy city district"
        "<business>",
        "document": "statement<bank,earnings> report<earnings,credit> contract<futures> bill<tax>"
        " forecast<sales> application<loan> return<tax> policy<insurance> prospectus",
        "message": "question warning announcement<earnings> statement inquiry notice",
        "info": "data~<price> figure<unemployment,sales> number<account> detail estimate rating"
        "<credit>",
        "money": "loan<bank,student,car> mortgage payment<loan> fee<bank,service> tax<income,sales>"
        " debt<credit> fund+ cash~ refund<tax> interest~ deposit money~ dividend pension"
        " credit~",
        "price": "price<share,oil,gas> rate<interest,tax,exchange> cost<energy> value<market> wage",
        "event": "crisis<banking,debt> recession merger auction meeting<shareholder> sale crash"
        "<market>",
        "activity": "investment trade~ trading~<energy> business~ lending~ transaction<credit>"
        " competition~",
        "problem": "problem<debt> loss risk<credit> shortage<gas,cash> error<billing> deficit"
        "<budget,trade> fraud~<tax>",
        "idea": "plan<retirement> strategy<investment> proposal offer deal option reform<tax>",
        "rule": "rule<tax> regulation<banking> law<tax> requirement",
        "result": "profit growth~ increase<price> decline savings+ gain return",
        "device": "phone computer machine<cash> card<credit,gift>",
        "job": "job position",
    },
    "tech": {
        "person": "user<computer,phone> developer<software,web> programmer engineer<software>"
        " administrator<network> technician<computer> customer hacker designer<web> blogger"
        " expert<computer,security>",
        "org": "company<software,phone,internet> team<support,development> startup department"
        "<support> forum<user>",
        "place": "website@on<company> internet@on page@on<web,home> folder server@on<mail,web>"
        " lab<computer> network@on<home> forum@on store<app,computer>",
        "document": "file<text,image,log> manual<user> code~<source> page<web> script document"
        " list<mailing> article<blog> guide<user> link review",
        "message": "message<error,text> e-mail question comment<blog> reply<forum> report<bug>"
        " alert post<blog>",
        "info": "data~<user> information~<login> password<account> address<e-mail> setting"
        "<privacy> result<search> photo version<trial>",
        "software": "program<computer> browser<web> application software~<security> game<video>"
        " system<operating> update<software> app<phone> engine<search> tool<search> database"
        " driver<printer>",
        "device": "computer<desktop> laptop phone<cell> printer<laser> camera<video> screen"
        "<touch> battery<phone> router keyboard tablet drive<flash> monitor<computer> charger"
        "<phone> speaker cable<power>",
        "problem": "problem<software> bug<software> error<system> virus<computer> crash<system>"
        " issue<security> failure<power,battery>",
        "idea": "idea feature<search> option<menu> solution change trick method",
        "activity": "search<web> download<music> test<speed> backup<data> installation design<web>",
        "event": "release<software> conference<developer> launch<product> outage<power>",
        "price": "price<retail> speed<download> quality<sound,image> size<screen>",
        "money": "fee<license> refund payment<credit>",
        "service": "service<e-mail,phone> support~<customer> account<user,e-mail> connection"
        "<internet> warranty",
        "part": "screen button<power> keyboard battery case<phone> cable",
        "rule": "policy<privacy> standard agreement<license>",
    },
    "shopping": {
        "person": "customer clerk<sales> cashier owner<store,shop> manager<store> salesman"
        " shopper buyer seller assistant<shop> tailor jeweler florist",
        "org": "store<furniture,grocery,shoe> company<moving> shop<gift,repair,coffee> chain"
        "<store> business<family> dealer<antique> supermarket bakery",
        "place": "store<grocery,shoe,furniture> shop<gift,flower,antique> mall@at<shopping> market"
        "@at<flea> counter@at aisle window<shop> basement",
        "document": "receipt catalog<product> coupon<discount> order<purchase> list<shopping>"
        " label<price> review<product> ad<newspaper>",
        "message": "complaint<customer> question call<phone> e-mail request comment apology",
        "info": "price<sale> size<shoe> information~<product> address<store> number<order> detail",
        "clothes": "shirt<cotton> dress<wedding,summer> coat<winter> jacket<leather> shoe<running>"
        " suit<business> hat sweater<wool> boot<leather> scarf<silk> ring<wedding> watch",
        "furniture": "table<coffee,dining> chair<office> sofa<leather> bed mattress lamp<desk>"
        " shelf<book> desk carpet<wool> mirror",
        "device": "camera phone machine<coffee,sewing> television heater radio clock<alarm>",
        "thing": "gift<birthday,wedding> toy product<beauty> bag<shopping,paper> box<gift> item"
        "<sale> candle bottle bicycle flower card<gift,birthday> blanket",
        "food": "bread~ cheese~ fruit~ vegetable cake<birthday> chocolate~ meat~",
        "money": "discount<student> refund deposit money~ cash~ tip payment fee<delivery>",
        "price": "price<sale> cost<shipping> quality<product> value selection size",
        "service": "service<customer,delivery> delivery<home> warranty repair<shoe>",
        "event": "sale<garage,summer> auction wedding party<birthday> opening<store>",
        "problem": "problem<delivery> mistake<pricing> delay<shipping> defect hole scratch",
        "rule": "policy<return,store> rule",
        "idea": "offer deal choice idea plan",
        "material": "leather~ cotton~ wood~ wool~ plastic~",
    },
}
