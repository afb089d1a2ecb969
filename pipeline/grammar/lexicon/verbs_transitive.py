"""Verbs with a direct object, and what kinds of subjects, objects and obliques they select.

One frame per line: verb (with `+particle`), subject classes, complements, flags.  A complement is
`o:` direct object, `i:` indirect object, or a preposition with the classes of its object; `?`
makes it optional.  Flags: `s` stative (no progressive), `p` no passive, a digit for frequency.
"""

from __future__ import annotations

TRANSITIVE = """
have | person org kin | o:problem,idea,device,money,event,vehicle,animal,job,cash,meeting | sp4
have | place hotel restaurant store | o:furniture,service,atmosphere,parking,menu,pool | sp
have | person kin | o:illness,food,drink | sp
get | person kin | o:message,document,cash,thing,job,food | p3
make | person org kin | o:mistake,decision,plan,call,offer,suggestion,reservation,change,progress \
| 3
make | company manufacturer startup | o:device,vehicle,furniture,clothes,software
use | person org kin | o:device,software,service,tool,method,vehicle,weapon ?for:activity,event | 3
need | person org kin | o:service,money,info,device,document,idea | sp2
want | person kin | o:cash,thing,vehicle,device,answer,food | sp2
like | person kin | o:food,place,art,person,animal,idea,service,job | sp3
love | person kin | o:food,place,art,person,animal,event,price,field | sp3
hate | person kin | o:rule,weather,job,problem,food,activity | sp
enjoy | person kin | o:event,food,art,place | p2
see | person kin | o:person,animal,place,art,document,problem,vehicle | s3
find | person org kin | o:document,problem,info,thing,job,hotel,house,apartment ?in:place | 3
know | person kin | o:person,answer,info,place,rule | sp2
remember | person kin | o:person,event,info | sp
forget | person kin | o:thing,info,event,document | p
take | person kin | o:medicine,takeable | 2
take | person kin | o:transport ?to:place,work | p2
attend | person kin org | o:event ?with:person | 2
bring | person kin | o:food,thing,document,dogs,drink ?to:event | 2
buy | person kin org | o:food,vehicle,clothes,device,thing,furniture,animal ?at:store \
?from:person,org | 3
sell | person org | o:vehicle,furniture,device,food,software,clothes ?to:person,org | 2
order | person kin | o:food,drink,device,thing,clothes ?from:org
eat | person kin animal | o:food ?in:place | 2
drink | person kin | o:drink ?with:food
cook | cooks | o:food ?for:person,kin | @food,family
serve | waiters | o:food,drink ?to:person
try | person kin | o:food,drink,software,medicine,method,eateries | 2
taste | person kin | o:food,drink
read | person kin | o:document,art,message ?in:place | 3
write | person | o:document,art,message,software ?to:person,org ?for:org | 3
sign | person | o:document,agreement
review | person org | o:document,software,contract,result | 1
prepare | person org kin | o:document,food,event ?for:event,person | 1
send | person org kin | o:document,message,cash,photo ?to:person,org,kin | 3
receive | person org kin | o:document,message,cash ?from:person,org | 3
deliver | person org | o:document,food,furniture,message ?to:person,place
collect | person org | o:cash,data,rent,evidence ?from:person
check | person kin | o:document,info,message,part,measures | 2
change | person org | o:rule,plan,password,schedule,price,menu,policy | 2
update | person org | o:software,website,list,schedule,file,resume,map
install | person org | o:software,device ?in:place
download | person | o:software,file,song,movie,document ?from:site
test | makers person | o:software,device,medicine,theory,vehicle
fix | person org kin | o:device,problem,part,vehicle,software | 2
repair | person org | o:device,part,vehicle,furniture ?for:person
replace | person org | o:part,device
clean | person kin | o:cleanable,furniture,part,vehicle
wash | person kin | o:vehicle,dogs,window,shirt,dress
paint | person kin | o:wall,door,house,kitchen,fence,chair,bedroom | @home,cars
build | person org | o:buildable ?for:person,org | 2
design | person org | o:software,buildable,dress,garden,device
destroy | weather weapon storm fire explosion | o:house,building,bridge,city,village,car,roof,\
part,vehicle,plant
damage | weather fire crash dogs | o:house,part,vehicle,furniture
break | person kin child | o:device,part,rule,furniture,body
cause | problem weather incident illness material | o:problem,illness,delay,result | 2
create | person org | o:software,document,art,job,website | 2
develop | makers | o:software,idea,medicine,method,weapon | 1
open | person org kin | o:premises,document ?for:person | 2
close | person org | o:premises
visit | person kin | o:place,person,kin,region | 2
leave | person kin | o:note | 2
enter | person | o:building,museum,house,office,hospital,school,password,data
reach | person vehicle | o:city,village,hotel,airport,island,agreement,deal,border,summit
cross | person animal vehicle | o:crossable
drive | person kin | o:vehicle ?to:place | 1
park | person kin | o:vehicle in:parking
rent | person kin | o:rentable ?from:person,org
book | person kin | o:room,flight,table,hotel,trip,ticket,tour,cabin
follow | person animal | o:rule,advice,guide,instruction,recipe,vehicle | 1
watch | person kin animal | o:art,event,animal,person | 2
hear | person kin | o:message,noise,song,news,rumor,story | s
play | person kin org | o:event ?with:person | 1 @sport
play | person kin | o:art,instrument,guitar,piano,violin | 1 @arts
play | person kin | o:game ?with:person,kin | 1 @family,tech
play | person kin | o:game,music,song
win | person org | o:money,result | 2
win | person org | o:event | 1 @sport
lose | person org | o:event | 1 @sport
lose | person org kin | o:cash,job,document,weight,key,luggage,passport | 2
miss | person kin | o:event,vehicle,person,kin
beat | org person | o:org,person ?in:event | @sport
lead | person | o:team,group,department,investigation,campaign,project,company,band,tour,party | 1
join | person | o:club,team,army,party,union,company,band,group,campaign
support | person org | o:idea,org,rule,person | s2
oppose | person org | o:idea,rule | s @politics,law,conflict,school
discuss | person org | o:idea,problem,rule,contract,report ?with:person,org | 2
consider | person org | o:idea,document,problem,money,job | 1
accept | person org | o:idea,job,document,money,offer
reject | person org | o:idea,document,offer,job
approve | deciders | o:plan,budget,bill,loan,law,application,proposal,request
announce | deciders company minister spokesman team | o:plan,decision,result,policy,deal,election,\
event ?on:weekday | 3
explain | person org | o:problem,rule,idea,result ?to:person | 1
describe | person document | o:problem,place,idea,event,person ?in:document | 1
mention | person document | o:problem,person,idea,info ?in:document,message
publish | publishers | o:book,article,report,study,novel,photo,poem,paper,review ?in:magazine,\
journal | @arts,science,politics,school,tech
present | person | o:document,idea,result ?to:org,person
show | document info | o:problem,result,info ?to:person | 1
contain | document software | o:info,mistake,error | sp
include | document event service | o:info,food,breakfast,tour,list | sp2
provide | org | o:service,info,food,training,support ?to:person,org ?for:person | 3
offer | org | o:service,job,discount,food,loan,help ?to:person | 2
require | rule job org | o:training,permit,document,deposit,experience | s1
cover | insurance policy report newspaper warranty | o:cost,damage,repair,election,war,story,\
price | s
pay | person org kin | o:bill,rent,fee,fine,tax,deposit,fare,mortgage ?for:service,vehicle | 3
spend | person org kin | o:money,budget,savings on:food,vehicle,clothes,gift,project | 1
save | person org | o:money,file,document,patient,animal
borrow | person kin | o:money,tool,vehicle,book ?from:person,kin
raise | person org | o:measures,tax,money,question,issue,concern | 1
cut | org government company | o:measures,budget,job,tax,spending
reduce | org government rule medicine | o:cost,risk,price,pain,tax,pollution,traffic,stress | 1
increase | org government | o:measures,tax,profit,budget
support | fund government foundation | o:research,project,school,museum
solve | person org | o:problem,crime,mystery,dispute | 1
face | person org | o:problem,charge,trial,crisis | s1
avoid | person org kin | o:mistake,traffic,sugar,delay,question,risk | 1
ignore | person org | o:rule,problem,message,idea
handle | person org | o:problem,complaint,request,case,order
treat | healers | o:person,animal,illness ?with:medicine,service | 1 @health,pets
examine | healers scientist biologist vet researcher | o:patient,body,animal,sample,eye | @health,\
pets,science
help | person org kin | o:person,group,animal,kin,org ?with:homework,problem,project,move,\
application | 3
protect | law army police vaccine government | o:person,animal,child,border,city,data | 1 \
@conflict,law,science,health,politics,pets
attack | fighters | o:village,city,base,convoy,camp,soldier,civilian,town,checkpoint | 1 \
@conflict,politics
kill | deadly | o:person,group | 1 @conflict,law,politics
arrest | police | o:suspect,criminal,thief,activist,driver,terrorist,gunman ?for:murder,robbery,\
fraud ?in:place | 1 @conflict,law,politics
shoot | fighters suspect police | o:person ?with:weapon | @conflict,law
fire | fighters | o:rocket,missile,gun | @conflict
capture | fighters | o:city,town,soldier,terrorist,village,base | @conflict
bomb | fighters plane | o:city,village,bridge,embassy,base | @conflict
search | police fighters | o:house,car,building,village,truck,neighborhood ?for:weapon,evidence | \
@conflict,law
investigate | investigators | o:problem,incident,crime | 1 @law,politics,science,conflict
question | police judge reporter lawyer | o:suspect,witness,driver,official ?about:incident | \
@law,politics,conflict,office
charge | tradesmen | o:fee,customer,money,client ?for:service | @cars,home,travel,finance,food,\
health,shopping
hire | org person | o:person ?for:job,event | 1
train | person org | o:dogs,soldier,employee,player,nurse ?for:event,job
teach | teachers | o:field,child,student,class ?at:school | 1 @school,family,sport
study | student scientist researcher biologist professor child | o:field,animal,disease,weather \
?at:school,college | 1 @school,science
learn | person kin | o:field,rule,truth,method
invite | person kin | o:person,kin ?to:event,place | 1
meet | person kin | o:person,kin ?at:event ?in:place | 3
call | person kin | o:person,org,kin ?about:problem | 2
contact | person | o:person,org ?about:problem,document | 1
thank | person | o:person,kin,org ?for:service,activity,thing
marry | person kin | o:person ?in:place | @family,arts,politics
feed | person kin | o:animal,child
adopt | person kin | o:animal ?from:shelters | @pets,family
walk | person kin | o:dogs ?in:open_space
carry | person | o:thing,tool,weapon,baby,bag
wear | person kin | o:clothes ?to:event
hold | org | o:event,meeting,election,auction ?in:place ?with:person | 1
organize | person org | o:event,activity ?for:person,org | 1
plan | person org kin | o:event,activity
start | person org kin | o:company,business,project,job,campaign,family,meeting,engine,car | 1
finish | person kin | o:report,homework,book,project,dinner,work,essay,course
cancel | person org | o:event,order,contract,reservation
direct | filmmakers | o:film,movie,play,show | @arts
record | performers | o:album,song,music
perform | performers surgeon scientist | o:song,surgery,experiment,test,music,play ?at:event | \
@arts,science,health
sing | performers child kid | o:song,opera | @arts,family
recommend | person kin org | o:eateries,hotel,person,art,service,software ?to:person | 2
trust | person kin | o:person,org,info | s
understand | person kin | o:problem,rule,idea,question,lesson,law | s1
appreciate | person org | o:activity,service,message,help | sp2
lock | person kin | o:door,gate,car,house,office,bike
move | person kin | o:furniture,box
remove | person org | o:virus,file,program,tile,tree,comment,stain,name
add | person org | o:detail,photo,comment,salt,sugar,name ?to:list,file,soup,page
keep | person kin org | o:document,animal,money,secret,receipt,key ?in:container | 1
put | person kin | o:document,thing,food,plate in:spot,container,seat | 2
store | person org | o:document,data,food,file ?in:container
control | government army company rebel | o:city,price,border,market,village | s @conflict,\
politics,science
represent | advocates | o:person,country,company ?in:court | @politics,law,sport
produce | company manufacturer studio farm | o:food,vehicle,film,energy,device | @cars,arts,\
shopping,tech,finance
observe | scientist biologist researcher explorer | o:animal,pest,weather,planet
discover | scientist researcher explorer police | o:problem,animal,plant,evidence,planet,gene
measure | person device | o:measures | @science,health
water | person kin | o:plant | @home
plant | person kin | o:plant ?in:growing_place | @home,science
hit | vehicle weather weapon | o:person,vehicle,place,animal | 1 @cars,law,conflict,sport,science
block | vehicle tree police protest | o:road,street,highway,bridge
surround | org plant | o:place | @conflict
serve | person | o:country,community,public
match | dress shoe number name | o:suit,record,description,coat | sp
affect | problem weather rule illness | o:person,price,org,region,activity | s1
attract | city museum event island park | o:tourist,visitor,fan,crowd,group
ruin | spoilers | o:event,dress,dinner,sofa,carpet,vacation
improve | person org | o:service,quality,software,training,safety,skill | 1
manage | person | o:store,project,budget,team,restaurant,hotel,department,fund,band
file | person org | o:complaint,report,petition,application,return
copy | person | o:document,file,key
print | person | o:document,photo,ticket
attach | person | o:file,list,report,photo,draft,copy,resume ?to:message
forward | person | o:message,draft,report ?to:person,org
pick+up | person kin | o:person,document,food,thing,kin ?at:school,airport,station,hotel,store | 1
set+up | person org | o:meeting,device,account,network,interview,appointment
turn+off | person kin | o:device,light,part
turn+on | person kin | o:device,light
fill+out | person | o:document
look+up | person kin | o:info,document
throw+away | person kin | o:receipt,food,letter,bottle,box,toy
put+away | person kin | o:clothes,toy,tool
clean+up | person kin | o:mess,place
carry+out | person org | o:attack,experiment,plan,investigation,study,survey,operation,research,raid
point+out | person document | o:problem,mistake,idea
hand+over | person | o:document,weapon,money ?to:person,org | @conflict,law,office
take+over | company rebel army bank manager | o:company,city,capital,department,firm,business | \
@finance,office,politics,conflict
give+up | person org | o:job,plan,career,weapon,sugar
write+down | person | o:info,idea,message
print+out | person | o:document
drop+off | person kin | o:child,document,kid,package,friend ?at:school,office,airport,station
call+off | person org | o:event,strike,wedding,search
put+off | person org | o:event,decision,vote
try+on | person kin | o:clothes
take+off | person kin | o:clothes
tear+down | person org | o:wall,building,fence,house | @home,conflict
figure+out | person kin | o:problem,answer
""".strip().splitlines()
