"""Intransitive, prepositional, ditransitive and complement-taking verbs.

Complements beyond those of the transitive list: `xto` to-infinitive, `xing` -ing form, `xbare`
bare infinitive, `xadj` adjective (all open, with the subject or the object as controller), `that`
finite complement clause, `wh` embedded question.
"""

from __future__ import annotations

INTRANSITIVE = """
work | person kin | ?for:org ?in:place ?with:person | 3
work | device software plan medicine | | 2
live | person kin group animal | in:home | s2
live | person kin group | ?with:person,kin | 1
go | person kin group | to:place,event | 4
go | person kin | to:place | 2
come | person kin group | ?to:place,event ?with:person | 3
come | document message | ?from:org,person | 1
arrive | person vehicle document | ?at:place ?on:weekday | 2
return | person org | to:place ?from:event | 1
leave | person vehicle | ?for:place
travel | person kin | ?to:place ?by:vehicle | 1
fly | person plane bird pilot | ?to:region
drive | person kin | to:place,home ?with:person | 1
walk | person kin animal | ?to:place ?through:open_space | 1
run | person animal kin | ?through:open_space | 1
run | software device vehicle | ?on:device
sit | person animal kin | in:seat | 1
stand | person kin | near:door,window,car,tree,gate,desk
stay | person kin | in:place ?with:person | 2
sleep | person animal kin | ?in:bedlike | 1
wait | person kin | for:person,vehicle,event,food,message | 2
look | person kin animal | at:document,art,person,animal,vehicle | 2
listen | person kin | to:person,art,message
talk | person kin | to:person,org,kin ?about:problem,idea,event | 2
speak | person | to:person,org ?about:problem,idea | 2
think | person kin | about:problem,idea,person,event | 1
care | person org kin | about:person,animal,problem | s
complain | person | about:service,price,problem,noise ?to:person | 1
ask | person kin | for:info,document,money,help | 2
apply | person | for:job,money,document
pay | person org kin | for:food,vehicle,event,service | 1
look | person org kin | for:job,info,place,person,vehicle | 2
search | person org | for:info,job,person,document
agree | person org | with:person,idea ?on:rule | s1
disagree | person org | with:person,idea | s
deal | person org | with:problem,person | 1
depend | measures result | on:price,weather,quality,season | s
rely | person org | on:person,data,device,volunteer | s
focus | person org document | on:problem,activity,idea
vote | senator voter citizen committee parliament board | ?for:plan,candidate,proposal \
?against:law,bill | @politics,office,law
fight | person org | ?against:person,org,illness ?in:event | 1 @conflict,politics,family,sport
die | person animal kin | ?of:cancer,disease,fever | 1 @conflict,health,family,pets,science,law
suffer | person animal kin | from:illness,problem | 1 @health,pets,sport,finance,science
recover | person animal | from:illness,event | @health,pets,sport
fall | measures person | ?from:roof,ladder,tree
rise | measures | ?in:month | 1
happen | incident problem | ?in:place ?to:person,vehicle | 2
occur | incident problem | ?in:place
begin | event activity | ?in:month ?at:clock | 1
end | event activity war |  ?in:month
start | event activity | ?at:clock
continue | event activity war debate | ?for:duration
fail | plan battery engine test experiment company | | 1
succeed | person org idea | ?in:activity
change | rule measures weather | ?in:month
open | premises exhibition market | ?at:clock ?in:month
close | premises | ?at:clock
grow | plant company economy market problem | | 1
shine | weather | 
bark | barkers | ?at:person,kid
play | dogs kitten child kid | ?with:person,animal,kin ?in:place | 1
swim | person duck fish | ?in:waters | @sport,travel,pets
smile | person | at:person | @family,arts,food,travel
laugh | person kin | at:message,person
cry | person kin | ?about:problem | @family,arts
lie | person | ?to:person ?about:info | @politics,law,family
compete | person org | with:org,person ?in:event | @sport,finance,arts
participate | person org | in:event,activity | @sport,politics,school,office
apologize | person org | for:problem,mistake
belong | vehicle thing book | to:person,org | s
lead | mistake problem reform research | to:result,problem | s
refer | document person | to:problem,document,rule
result | problem event | in:damage,result,delay
react | person org | to:message,info,event
respond | person org | to:message,document,question | 1
reply | person org | to:message
write | person kin | to:person,org ?about:event,problem | 1
serve | person | as:person
retire | person | ?from:job | @office,sport,politics,family
graduate | person | from:school,university | @school,family
move | person kin org | to:place,region | 1
escape | person animal | from:prison,zoo,camp,cage,hospital,house | @conflict,law,pets,science
explode | bomb rocket grenade missile | ?near:city,school,embassy,checkpoint,mosque,hospital | \
@conflict
crash | vehicle | ?into:wall,tree,house,building,bus,truck
crash | computer phone browser program laptop |
break+down | car bus truck machine printer heater van train |
show+up | person kin vehicle | ?at:event,place
come+back | person kin | ?from:event | 1
go+back | person kin | to:place
wake+up | person kin animal | ?at:clock
grow+up | person kin animal | ?in:place,region
sit+down | person | ?at:table
get+up | person kin | ?at:clock
run+out | person org | of:money,food,material,time
end+up | person kin | in:place
give+up | person org | 
calm+down | person dogs | 
move+in | person kin | ?with:person
find+out | person kin | about:problem,event,idea
check+in | person | ?at:counters
slow+down | vehicle browser computer network economy | 
go+up | measures | 
hang+out | person kin | ?with:person,kin ?in:place
""".strip().splitlines()

DITRANSITIVE = """
give | person org kin | i:person,kin,org o:document,cash,advice,thing,discount,answer | 4
send | person org kin | i:person,kin o:document,message,cash,photo | 3
tell | person kin | i:person,kin o:message,truth,news,info | 1
show | person kin | i:person,kin o:document,photo,picture,room,map | 1
offer | person org | i:person o:job,discount,drink,deal,loan,help
buy | person kin | i:person,kin o:thing,clothes,food,drink | 1
teach | teachers | i:person,child o:field,rule,lesson
lend | person org kin | i:person,kin o:money,car,tool,book
bring | person kin | i:person,kin o:food,drink,document | 1
ask | person kin | i:person,kin o:question | 1
charge | tradesmen | i:person o:fee,deposit,money
pay | person org | i:person,org o:money,rent,fee,salary,bonus
cook | cooks | i:kin,person o:dinner,meal,soup,breakfast
make | person kin | i:person,kin o:coffee,tea,sandwich,cake,offer
owe | person org | i:person,org o:money,answer,apology,rent | sp
promise | person org | i:person,group o:money,job,help,answer
""".strip().splitlines()

CLAUSAL = """
say | person org | that | s6
think | person kin | that | s6
believe | person org | that | s3
know | person kin | that | s3
hope | person org kin | that | 3
tell | person org kin | i:person,kin that | 2
tell | person org | i:person,kin wh | 1
feel | person | that | s1
claim | person org document | that | s1
announce | person org | that | 1
report | org person | that | 1
explain | person org | that ?to:person | 1
show | info document event | that | s2
suggest | person document info | that | 1
realize | person kin | that | s1
remember | person kin | that | s1
understand | person kin | that | s1
hear | person kin | that | s2
see | person | that | s1
notice | person kin | that | s1
guess | person | that | s2
suppose | person | that | s
learn | person org | that | 
decide | person org | that | 
agree | person org | that | s
expect | person org | that | s1
fear | person org | that | s
doubt | person | that | s
argue | person org | that | 
warn | person org | i:person,group that | 
assure | person org | i:person,group that | 
promise | person org kin | that | 
mean | info document rule | that | s1
prove | info document event | that | s
admit | person org | that | 
know | person kin | wh | s4
ask | person kin | wh | 2
wonder | person | wh | 2
understand | person kin | wh | s1
explain | person org | wh | 1
see | person | wh | 1
remember | person kin | wh | s
find+out | person kin | wh | 1
find+out | person kin | that | 1
forget | person kin | wh | s
decide | person org | wh | 
point+out | person org | that | 
figure+out | person kin | wh | 
""".strip().splitlines()

OPEN = """
want | person org kin animal | xto | s7
need | person org kin | xto | s5
try | person org kin animal | xto | 5
like | person kin | xto | s2
love | person kin | xto | s2
hope | person org | xto | 1
decide | person org kin | xto | 3
plan | person org kin | xto | 2
start | person kin animal org | xto | 2
begin | person org | xto | 1
continue | person org problem | xto | 1
agree | person org | xto | 1
refuse | person org animal | xto | 2
fail | person org device software | xto | 1
seem | person device idea animal place | xto | s2
appear | person document | xto | s
forget | person kin | xto | 1
learn | person animal kin | xto | 1
manage | person org | xto | 1
expect | person org | xto | s1
promise | person org kin | xto | 1
prefer | person kin | xto | s
choose | person org | xto | 
offer | person org | xto | 
have | person org kin | xto | s6
use | person org kin | xto | h3
wait | person | xto | 
tend | person animal software | xto | s
threaten | person org | xto | @politics,conflict,law,finance
enjoy | person kin animal | xing | 3
stop | person org animal | xing | 3
keep | person org animal device | xing | 3
start | person kin org animal | xing | 2
avoid | person org | xing | 1
finish | person kin | xing | 1
consider | person org | xing | 1
recommend | person | xing | 1
suggest | person org | xing | 1
quit | person | xing | 
miss | person kin | xing | s
ask | person org kin | o:person,org,kin xto | 4
tell | person org kin | o:person,kin xto | 2
want | person org kin | o:person,org,kin xto | sp4
help | person org kin | o:person,group,kin xbare | 3
let | person org kin | o:person,animal,kin xbare | p4
make | person org kin | o:person,animal,kin xbare | p2
allow | person org rule | o:person,org,group xto | 3
force | person org problem rule | o:person,org xto | 2 @conflict,politics,law,sport,finance
expect | person org | o:person,org,price xto | s1
encourage | person org | o:person,group xto | 1
persuade | person org kin | o:person,kin,org xto | 1
advise | person org | o:person xto | 1
order | person org | o:person,org xto | @conflict,law,politics
invite | person org kin | o:person,kin xto | 1
teach | person kin | o:person,animal xto | 
urge | person org | o:person,org xto | @politics,conflict,office,health
see | person kin | o:person,animal xing | s1
hear | person kin | o:person,animal xing | s
look | person food place device vehicle | xadj | s4
feel | person body | xadj | 3
seem | person idea price place problem | xadj | s4
become | person place price org | xadj | 2
get | person place animal | xadj | 2
taste | food drink | xadj | s2
sound | idea message art person | xadj | s2
smell | food place drink | xadj | s
stay | person place price | xadj | 1
remain | person price problem place | xadj | s1
make | person event message | o:person,kin,animal xadj | 3
keep | person org | o:place,person,animal xadj | 2
find | person | o:place,art,document,service xadj | s1
leave | person kin | o:part,place xadj | 1
consider | person org | o:idea,art,person xadj | s1
""".strip().splitlines()
