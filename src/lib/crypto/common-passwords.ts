/**
 * The commonest passwords of public leaks, in order of frequency; digits alone and keyboard rows are left out, because
 * the estimator finds those by their pattern. After the ranked list of zxcvbn (Dropbox, MIT).
 */
export const commonPasswords: readonly string[] = `
password dragon baseball abc123 football monkey letmein shadow master mustang superman 1qaz2wsx qazwsx jordan 123qwe
killer trustno1 hunter harley buster batman soccer tigger charlie sunshine iloveyou ranger hockey computer starwars
pepper klaster freedom princess maggie pass ginger love cheese summer chelsea dallas biteme matrix yankees corvette
austin access thunder merlin secret diamond hello hammer 1234qwer silver gfhjkm internet samantha golfer scooter
test orange cookie q1w2e3r4t5 maverick sparky phoenix mickey bigdog snoopy guitar whatever chicken camaro mercedes
peanut ferrari falcon cowboy welcome samsung steelers smokey dakota arsenal boomer eagles tigers marina nascar
gateway yellow porsche monster spider diablo hannah bulldog junior london purple compaq lakers iceman qwer1234
cowboys money banana ncc1701 boston tennis q1w2e3r4 coffee scooby nikita yamaha mother barney brandy chester oliver
player forever rangers midnight chicago bigdaddy redsox angel badboy fender jasper slayer rabbit natasha marine
wizard marlboro raiders prince casper fishing flower jasmine iwantu adidas winter winner gandalf password1 enter
ghbdtn 1q2w3e4r golden cocacola jordan23 winston madison angels panther blowme spanky sophie asdfasdf thx1138 toyota
tiger canada muffin liverpoo apples qwerty123 passw0rd abcd1234 pokemon 123abc slipknot qazxsw 123456a scorpion
qwaszx startrek rainbow razz newyork redskins gemini cameron qazwsxedc florida liverpool turtle sierra viking booger
doctor rocket dolphins captain bandit jaguar packers pookie peaches dolphin helpme blue theman maxwell lovers maddog
giants nirvana metallic hotdog rosebud mountain warrior stupid elephant success bond007 alexis lucky scorpio samson
q1w2e3 azerty rush2112 driver freddy 1q2w3e4r5t sydney gators dexter red123 123456q 12345a bubba creative voodoo
golf trouble america nissan gunner garfield apollo 1qazxsw2 eminem legend airborne bear beavis apple brooklyn
godzilla skippy buddy kitten magic shelby beaver phantom asdasd xavier braves darkness blink182 copper platinum
qweqwe tomcat girls bigboy animal police online voyager lifehack 12qwaszx fish sniper trinity blazer heaven lover
snowball loveme bubbles cricket willow donkey topgun nintendo saturn destiny pakistan pumpkin digital sergey
redwings explorer private runner therock guinness lasvegas beatles fire cassie christin qwerty1 celtic asdf1234
andrey broncos babygirl eclipse fluffy cartman michigan carolina testing alexande birdie pantera cherry vampire
mexico buffalo genius montana beer minecraft maximus flyers lovely stalker metallica doggie snickers speedy bronco
lol123 paradise yankee horses magnum dreams lacrosse ou812 goober enigma scotty bollocks surfer poohbear genesis
star asd123 qweasdzxc racing hello1 hawaii eagle1 viper poopoo einstein 12345q drowssap simple badger alaska action
jester drummer spitfire forest maryjane champion diesel svetlana friday hotrod chevy lucky1 westside security google
tester shorty thumper hitman mozart zaq12wsx reddog lizard a123456 123456789a ruslan eagle 1232323q scarface
qwerty12 a12345 buddha spirit money1 stargate qwe123 naruto mercury liberty 12345qwert semperfi suzuki popcorn
spooky marley scotland kitty cherokee vikings simpsons rascal qweasd hummer loveyou michael1 patches russia jupiter
penguin passion vfhbyf honda vladimir sandman passport raider infinity bulldogs fantasy horney domino budlight
disney ironman softball brutus redrum bigred fktrcfylh karina marines digger kawasaki cougar fireman oksana monday
justice super wildcats tinker logitech dancer swordfis avalon everton alexandr motorola patriots madonna ducati
colorado connor juventus galore smooth freeuser warcraft boogie titanic wolverin elizabet arizona valentin saints
accord test123 password123 christ yfnfif stinky spiderma naughty chopper hello123 ncc1701d extreme skyline poop
zombie pearljam 123qweasd froggy awesome vision pirate fylhtq dreamer bullet predator empire 123123a kirill charlie1
panthers skipper nemesis rasdzv3 peekaboo rolltide cardinal psycho danger mookie happy1 chevelle manutd goblue
hobbes vegeta fyfcnfcbz picard windows loverboy victory vfrcbv bambam serega turkey tweety galina hiphop rooster
changeme berlin taurus polina electric avatar maksim raptor alpha1 hendrix newport brazil spring a1b2c3 madmax alpha
britney sublime darkside bigman wolfpack classic hercules ronaldo letmein1 1q2w3e spiderman blizzard 123456789q
cheyenne cjkysirj tiger1 wombat bubba1 pandora zxc123 holiday wildcat devils horse alabama caesar buddy1 bondage
pickle shaggy catch22 leather chronic a1b2c3d4 admin qqq111 qaz123 airplane kodiak freepass billybob sunset katana
phpbb chocolat snowman angel1 stingray firebird wolves zeppelin detroit pontiac gundam panzer outlaw redhead
tarheels greenday nastya hardon engineer dragon1 hellfire serenity cobra fireball darkstar mustang1 flash strike
beauty pavilion bobafett dbrnjhbz bigmac bowling chris1 natali pyramid rulez welcome1 dodgers apache swimming whynot
teens trooper defender precious packard weasel popeye lucifer cancer icecream raven swordfish presario viktor
rockstar blonde james1 wutang spike atlanta airforce thailand casino lennon mouse hacker bluebird hawkeye theone
catfish sailor goldfish nfnmzyf tattoo pervert barbie maxima nipples machine trucks wrangler rocks tornado lights
cadillac bubble pegasus madman longhorn browns target eatme qazwsx123 microsoft dilbert christia baller shooter
xfiles seattle qazqaz cthutq amateur prelude corona freaky malibu 123qweasdzxc assassin atlantis integra pussies
iloveu lonewolf dragons monkey1 unicorn software bobcat stealth peewee openup srinivas zaqwsx valentina shotgun
trigger veronika bruins coyote babydoll joker dollar lestat rocky1 hottie random wordpass smiley sweety snake
chipper woody samurai devildog gizmo maddie soso123aljg mistress freedom1 flipper express hjvfirf moose cessna
piglet polaris teacher montreal cookies wolfgang scully fatboy wicked tickle bunny dfvgbh foobar transam pepsi
oicu812 basketba toshiba hotstuff sunday gambit impala stephani jessica1 hooker lancer knicks shamrock stinger
redneck deftones siemens blaster trucker subaru renegade ibanez manson reaper blondie mylove galaxy blahblah
enterpri travel 1234abcd babylon5 indiana skeeter master1 sugar ficken smoke bigone sweetpea trfnthbyf marino escort
smitty bigfoot babes larisa trumpet spartan valera babylon yankees1 stormy mister hamlet aardvark marathon paladin
cavalier manchester skater indigo hornet buckeyes indians karate hesoyam toronto diamonds chiefs buckeye
1qaz2wsx3edc highland charger redman passwor maiden drpepper storm garden pencil sherlock timber thuglife insane
pizza jungle jesus1 aragorn 1a2b3c hamster david1 triumph techno lollol pioneer catdog fktrctq morpheus pascal
shadow1 hobbit consumer blabla justme stones chrissy spartak goforit burger pitbull adgjmptw italia barcelona
hunting colors kissme overlord pebbles sundance emerald doggy racecar irina element zipper alpine basket goddess
poison nipple sakura chichi huskers q12345 ultimate ncc1701e blackie nicola rommel matthew1 caserta omega geronimo
sammy1 trojan 123qwe123 philips nugget tarzan chicks aleksandr trixie portugal anakin dodger bomber superfly madness
q1w2e3r4t5y6 loser 123asd fatcat ybrbnf soldier warlock wrinkle1 desire babe seminole alejandr westham andrei
concrete access14 weed letmein2 ladybug christop trombone tintin bluesky rhbcnbyf qazxswedc onelove cdtnkfyf vfvjxrf
titans stallion truck hansolo blue22 smiles beagle panama kingkong flatron inferno mongoose connect snatch qawsed
juice blessed rocker snakes turbo bluemoon finger jamaica a1234567 mulder beetle passat immortal plastic anthony1
whiskey dietcoke
`
	.trim()
	.split(/\s+/)
