"""What each photographic cut-out and each photograph shows, said by somebody who looked at it.

Words that the captions of drawn scenes use are in domain.py; here is what only real pictures show. A cut-out's row:
noun, its colour where one word says it, then the files, below Tux Paint's `stamps` folder. Drawings among the stamps are
left out, and what is made of many colours has no colour word.
"""

# What a thing of each kind may also be called, and known words that its name starts out like (see words.py).
KINDS = {"bird": "parrot duck owl chicken", "fish": "fish dolphin shark", "insect": "bee ladybug spider", "animal": "horse cow bear fox",
         "flower": "rose tulip daisy hibiscus", "fruit": "apple peach tangerine", "vegetable": "carrot onion pepper", "tree": "tree pine palm",
         "tool": "hammer axe pencil", "car": "car bus truck", "thing": "bucket lock bell", "building": "castle church house",
         "planet": "moon balloon sun"}

CUTOUTS = """
bird | parrot | | animals/birds/adelaide-rosella animals/birds/rainbow-lorikeet
bird | peahen | white | animals/birds/albino_peahen
bird | blackbird | black | animals/birds/blackbird
bird | crow | black | animals/birds/crow
bird | chicken | gray | animals/birds/chicken_profile
bird | hen | brown | animals/birds/hen
bird | rooster | orange | animals/birds/rooster
bird | crane | gray | animals/birds/crowned_crane
bird | cuckoo | brown | animals/birds/cuckoo
bird | duck | | animals/birds/drake animals/birds/duck
bird | goose | | animals/birds/gander
bird | guinea fowl | | animals/birds/guineafowl animals/birds/helmeted_guineafowl
bird | heron | blue | animals/birds/heron_greatblue animals/birds/heron_greatblue_flying
bird | lark | brown | animals/birds/lark
bird | penguin | | animals/birds/little-penguin animals/birds/magellanic_penguin animals/birds/penguin
bird | magpie | | animals/birds/magpie
bird | ostrich | | animals/birds/nandou animals/birds/ostrich
bird | owl | white | animals/birds/owl
bird | peacock | | animals/birds/peacock
bird | pelican | white | animals/birds/pelican
bird | pigeon | gray | animals/birds/pigeon
bird | flamingo | pink | animals/birds/pink_flamingo
bird | quetzal | | animals/birds/quetzal
bird | seagull | white | animals/birds/seagull animals/birds/silver-gull
bird | toucan | | animals/birds/tucan
bird | turkey | | animals/birds/turkey
bird | vulture | brown | animals/birds/vulture
fish | fish | blue | animals/fish/bluegroper animals/fish/coraltrout animals/fish/dolphinfish animals/fish/moonwrasse
fish | fish | | animals/fish/butterflyfish animals/fish/clownfish animals/fish/stripedfish animals/fish/lionfish
fish | lobster | | animals/fish/lobster
fish | seahorse | orange | animals/fish/seahorse
fish | shrimp | | animals/fish/shrimp
insect | slug | brown | animals/insects/Brown_slug
insect | bee | | animals/insects/bee animals/insects/hoverfly
insect | fly | gray | animals/insects/fly
insect | grasshopper | green | animals/insects/grasshopper
insect | wasp | | animals/insects/hornet
insect | mantis | yellow | animals/insects/mantis
insect | moth | orange | animals/insects/xanthia
animal | frog | | animals/amphibians/frog-1 animals/amphibians/frog
animal | iguana | green | animals/lizards/iguana
animal | monkey | black | animals/mammals/apes/chimp
animal | gorilla | black | animals/mammals/apes/gorilla
animal | dolphin | | animals/mammals/aquatic/dolphin
animal | orca | | animals/mammals/aquatic/orca
animal | otter | brown | animals/mammals/aquatic/otter
animal | sea lion | gray | animals/mammals/aquatic/sea_lion
animal | whale | blue | animals/mammals/aquatic/whale
animal | badger | | animals/mammals/badger
animal | bear | brown | animals/mammals/bears/bear animals/mammals/bears/european-bear
thing | teddy bear | brown | animals/mammals/bears/toys/edward_bear
animal | bison | | animals/mammals/bovines/bison animals/mammals/bovines/yak
animal | bull | black | animals/mammals/bovines/bull
animal | cow | brown | animals/mammals/bovines/cow
animal | cow | white | animals/mammals/bovines/cow_white animals/mammals/bovines/zebu
animal | calf | brown | animals/mammals/bovines/gnu-baby-stand animals/mammals/bovines/gnu-baby
animal | gnu | gray | animals/mammals/bovines/gnu-stand animals/mammals/bovines/gnu-sitting
animal | goat | | animals/mammals/bovines/goat animals/mammals/bovines/mountaingoat
animal | antelope | brown | animals/mammals/bovines/indian_blackbuck
animal | sheep | | animals/mammals/bovines/ram animals/mammals/bovines/sheep
animal | lamb | | animals/mammals/bovines/sheep_lamb
animal | camel | brown | animals/mammals/camel/camel
animal | camel | yellow | animals/mammals/camel/dromedary
animal | lion | | animals/mammals/cats/lion-2 animals/mammals/cats/lion
animal | tiger | orange | animals/mammals/cats/tiger animals/mammals/cats/tiger_sumatran
animal | deer | brown | animals/mammals/deer/caribou animals/mammals/deer/deer animals/mammals/deer/doe animals/mammals/deer/wapiti
animal | dog | | animals/mammals/dogs/dingo
animal | dog | gray | animals/mammals/dogs/dog
animal | fox | orange | animals/mammals/dogs/fox
animal | elephant | gray | animals/mammals/elephant
animal | donkey | brown | animals/mammals/equines/donkey
animal | donkey | gray | animals/mammals/equines/donkey_eating
animal | horse | brown | animals/mammals/equines/horse
animal | zebra | | animals/mammals/equines/zebra
animal | ferret | | animals/mammals/ferret
animal | giraffe | | animals/mammals/giraffe
animal | hippo | gray | animals/mammals/hippopotamus
animal | pig | gray | animals/mammals/pig
animal | pig | orange | animals/mammals/pig_golden animals/mammals/pig_golden2
animal | rabbit | white | animals/mammals/rabbit_little animals/mammals/rodents/rabbit-2 animals/mammals/rodents/rabbit
animal | rhino | black | animals/mammals/rhino_black
animal | beaver | brown | animals/mammals/rodents/beaver animals/mammals/rodents/capybara animals/mammals/rodents/marmot
animal | mouse | brown | animals/mammals/rodents/mouse animals/mammals/rodents/rat
animal | squirrel | gray | animals/mammals/rodents/squirrel
animal | boar | brown | animals/mammals/wildboar
animal | kangaroo | brown | animals/marsupials/kangaroo
animal | koala | gray | animals/marsupials/koala
animal | wombat | gray | animals/marsupials/wombat
thing | shell | | animals/shellfish/abalone animals/shellfish/murray-mussel
fruit | apricot | orange | food/fruit/Apricot_whole food/fruit/apricot
fruit | cherries | red | food/fruit/Cherry_Stella
fruit | strawberry | red | food/fruit/Strawberry2 food/fruit/strawberry
fruit | apple | red | food/fruit/apple_fuji food/fruit/apple_red food/fruit/apple_sierra_beauty
fruit | apple | green | food/fruit/apple_granny_smith food/fruit/apple_green
fruit | avocado | black | food/fruit/avocado
fruit | banana | green | food/fruit/banana
fruit | grapes | black | food/fruit/grapes
fruit | kiwi | brown | food/fruit/kiwi
fruit | lemon | yellow | food/fruit/lemon
fruit | tangerine | orange | food/fruit/mandarine food/fruit/orange food/fruit/orange_seville
fruit | mango | green | food/fruit/mango
fruit | pear | orange | food/fruit/pear
fruit | pineapple | green | food/fruit/pineapple
fruit | pomegranate | red | food/fruit/pomegranate
fruit | raspberry | red | food/fruit/raspberry
fruit | lime | green | food/fruit/sliced_lime
fruit | lemon | orange | food/fruit/sliced_orange
fruit | almond | brown | food/nuts/almond food/nuts/pecan
fruit | walnut | brown | food/nuts/walnut food/nuts/walnut_shelled
vegetable | ginger | brown | food/spices/ginger
vegetable | broccoli | green | food/vegetables/broccoli
vegetable | carrot | orange | food/vegetables/carrot
vegetable | pepper | red | food/vegetables/chilepepper
vegetable | corn | yellow | food/vegetables/corn
vegetable | eggplant | black | food/vegetables/eggplant
vegetable | garlic | white | food/vegetables/garlic
vegetable | lettuce | green | food/vegetables/lettuce
vegetable | mushroom | white | food/vegetables/mushroom
vegetable | onion | | food/vegetables/onion
vegetable | pepper | green | food/vegetables/pepper
vegetable | potato | brown | food/vegetables/potato
vegetable | pumpkin | orange | food/vegetables/pumpkin_small
vegetable | tomato | red | food/vegetables/tomato
vegetable | yam | purple | food/vegetables/yam
vegetable | pepper | yellow | food/vegetables/yellowpepper
thing | binoculars | black | hobbies/binoculars
thing | camera | black | hobbies/camera_35mm
thing | trumpet | yellow | hobbies/music/brass/trumpet
thing | drum | red | hobbies/music/percussion/drum_tomtom_floor hobbies/music/percussion/drumkit
thing | violin | orange | hobbies/music/string/cello hobbies/music/string/violin
thing | guitar | orange | hobbies/music/string/guitar2 hobbies/music/string/guitar_classical
thing | guitar | | hobbies/music/string/guitar_electric hobbies/music/string/guitar_electric_bass
thing | light bulb | white | household/Lightbulb
thing | cylinder | red | household/cylinder
thing | mug | white | household/dishes/mug household/dishes/glass
thing | jug | white | household/dishes/pitcher_small
thing | teapot | black | household/dishes/teapot
thing | pepper mill | brown | household/dishes/utensils/pepper_grinder
thing | bin | gray | household/garbagecan household/home_compost_bin
thing | kettle | | household/kettle
thing | key | gray | household/key
thing | rubber duck | yellow | household/rubberduck
thing | toilet | white | household/toilet
tool | hammer | brown | household/tools/hammer household/tools/mallet_metal
tool | brush | | household/tools/paintbrush_large
tool | pliers | red | household/tools/plyers
tool | saw | brown | household/tools/saw
tool | spade | gray | household/tools/spade
thing | toolbox | red | household/tools/toolbox
tool | wrench | gray | household/tools/wrench household/tools/wrench_adjustable household/tools/wrench_plumbers
thing | bin | green | household/wheelie_bin
thing | fire | orange | naturalforces/fire
thing | doll | | people/toys/grannysmith
flower | flower | pink | plants/flowers/adeenia plants/flowers/anthoorium plants/flowers/flower6 plants/flowers/flower8 plants/flowers/flower9
flower | anemone | red | plants/flowers/anemone_red
flower | flower | white | plants/flowers/bolsom
flower | hibiscus | pink | plants/flowers/chemparathi
flower | hibiscus | red | plants/flowers/flower10
flower | daffodil | yellow | plants/flowers/daffodil
flower | flower | purple | plants/flowers/flower1 plants/flowers/flower4 plants/flowers/pigface plants/flowers/whitestar-petunia
flower | flower | yellow | plants/flowers/flower2 plants/flowers/flower3 plants/flowers/flower5 plants/flowers/yellow-flower
flower | flower | orange | plants/flowers/flower7
flower | iris | purple | plants/flowers/iris
flower | marigold | yellow | plants/flowers/marigold
flower | flower | red | plants/flowers/plastic/chuvanna_plastic_poo plants/flowers/red-gazania
flower | rose | red | plants/flowers/rose
thing | mushroom | brown | plants/mushrooms/cep-1 plants/mushrooms/cep-2 plants/mushrooms/cep
tree | tree | | plants/trees/birch plants/trees/holm_oak plants/trees/tree336
tree | palm tree | green | plants/trees/liberia-palm
thing | pine cone | brown | plants/trees/pinecone
thing | candle | orange | seasonal/candle
tree | christmas tree | green | seasonal/christmas/Christmas_Tree_photo
thing | pie | brown | seasonal/christmas/Mince_Pie
thing | roast turkey | orange | seasonal/christmas/Roast_turkey
thing | wreath | green | seasonal/christmas/xmaswreath
thing | gravestone | gray | seasonal/halloween/grave-a seasonal/halloween/grave-b seasonal/halloween/grave-d seasonal/halloween/grave-h
planet | moon | gray | space/moon/moon_3qt space/moon/moon_full space/planets/1_mercury
planet | planet | orange | space/planets/2_venus space/planets/4_mars space/planets/5_jupiter
planet | earth | blue | space/planets/3_earth
planet | planet | blue | space/planets/7_uranus space/planets/8_neptune
thing | astronaut | white | space/spacewalk
thing | football | brown | sports/football
thing | football | red | sports/australian_rules_football
thing | basketball | orange | sports/basketball
thing | ball | red | sports/cricketball
thing | soccer ball | | sports/soccer
thing | tennis ball | green | sports/tennis_ball
thing | trophy | yellow | sports/trophy_cup
thing | statue | gray | town/monuments/inukshuk-photo
thing | traffic cone | orange | town/roadsigns/traffic_cone
thing | post box | red | town/uk_post_box
thing | mailbox | blue | town/usps_mailbox
thing | wheel | gray | vehicles/7spoke256 vehicles/wheel_tractor
car | car | red | vehicles/auto/beetle
car | car | blue | vehicles/auto/sedan
car | car | pink | vehicles/auto/sportscar2
car | truck | blue | vehicles/auto/truck
car | tricycle | pink | vehicles/cycle/pink_tricycle
car | fire truck | red | vehicles/emergency/firetruck
thing | balloon | | vehicles/flight/balloon360
car | plane | blue | vehicles/flight/planes/747
car | truck | white | vehicles/garbagetruck
car | bus | green | vehicles/masstransit/green_korean_bus
car | race car | red | vehicles/race/indycar
thing | sailboat | orange | vehicles/ship/chineseJunk vehicles/ship/walnutBoat
"""

# A photograph's row: files below the folder named before the colon; what it shows; where, or in what light.
PHOTOGRAPHS = """
categorization/resource/images/monuments: IndiaGate arcDeTriomphe | a stone gate | under a blue sky
categorization/resource/images/monuments: brandenburgGate | a stone gate | at dusk
categorization/resource/images/monuments: bayterek burj jucheTower kutubMinar leaningTowerOfPisa empireState | a tower | under a blue sky
categorization/resource/images/monuments: cathedral | a cathedral | at dusk
categorization/resource/images/monuments: christTheRedeemer statueOfLiberty victoriaMemorial | a statue | under a blue sky
categorization/resource/images/monuments: colosseum leMusee zimniPalace | a palace | at dusk
categorization/resource/images/monuments: eiffelTower | an iron tower | in a city
categorization/resource/images/monuments: greatPyramid | a pyramid | in the desert
categorization/resource/images/monuments: greatWall | a stone wall | in the mountains
categorization/resource/images/monuments: monument1 tajMahal usCapitol monument3 | a white palace | under a blue sky
categorization/resource/images/monuments: parthenon monument2 | a temple | under a blue sky
categorization/resource/images/monuments: operaHouse | a white building | by the sea
categorization/resource/images/monuments: mountRushmore | a gray rock | under a blue sky
categorization/resource/images/others: chair | a white chair | in a room
categorization/resource/images/others: cup buffetset | a white cup | on a gray background
categorization/resource/images/others: bulb | a light bulb | in a room
categorization/resource/images/others: bucket | a wooden bucket | on a white background
categorization/resource/images/others: igloo | an igloo | in the snow
categorization/resource/images/others: plate | a white plate | on a gray background
categorization/resource/images/others: pillow | a gray pillow | in a room
categorization/resource/images/others: baseball | a white ball | on a white background
categorization/resource/images/renewable: dam1 dam4 | a waterfall | in the forest
categorization/resource/images/renewable: dam2 dam3 | a building | by the river
categorization/resource/images/renewable: windmill windmill1 windmill2 windmill3 windmill7 windmill9 windmill11 windmill13 windmill14 windmill15 | a windmill | under a blue sky
categorization/resource/images/renewable: windmill4 windmill5 windmill8 windmill12 | a windmill | on the grass
categorization/resource/images/renewable: windmill6 | a white wind turbine | under a blue sky
categorization/resource/images/renewable: solar6 | a house | under a blue sky
explore_farm_animals/resource/animals: cat | a cat | on a red background
explore_farm_animals/resource/animals: chicken | brown hens | on the grass
explore_farm_animals/resource/animals: cow | a black and white cow | on the grass
explore_farm_animals/resource/animals: dog | a brown dog | on the grass
explore_farm_animals/resource/animals: duck | a white goose | at night
explore_farm_animals/resource/animals: horse | black horses | under a blue sky
explore_farm_animals/resource/animals: owl | an owl | on a branch
explore_farm_animals/resource/animals: pig | a pig | on the grass
explore_farm_animals/resource/animals: sheep | a white sheep | on the grass
explore_monuments/resource/egypt: bentPyramid greatPyramidOfGiza meidumPyramid redPyramid | a pyramid | in the desert
explore_monuments/resource/france: chateaudeChambord | a white castle | on the grass
explore_monuments/resource/france: chateaudeChenonceau | a castle | by the river
explore_monuments/resource/france: citedeCarcassonne palaisdesPapes | a stone castle | under a blue sky
explore_monuments/resource/france: eiffelTower | an iron tower | under a blue sky
explore_monuments/resource/france: montStMichel | an island | by the sea
explore_monuments/resource/france: pontduGard | a stone bridge | by the river
explore_monuments/resource/france: reimsCathedral | a cathedral | under a blue sky
explore_monuments/resource/france: rocamadour | a village | in the mountains
explore_monuments/resource/germany: berlinCathedral wormsCathedral | a cathedral | under a cloudy sky
explore_monuments/resource/germany: aulaPalatina | a red church | under a cloudy sky
explore_monuments/resource/germany: neuschwansteinCastle | a white castle | in the forest
explore_monuments/resource/germany: schwerinPalace | a castle | by the lake
explore_monuments/resource/germany: brandenburgGate | a stone gate | under a blue sky
explore_monuments/resource/india: goldenTemple gatewayofIndia | a temple | at dusk
explore_monuments/resource/india: greatStupa hawaMahal | a temple | under a blue sky
explore_monuments/resource/india: mysorePalace victoriaMemorial | a palace | under a cloudy sky
explore_monuments/resource/india: qutubMinar | a stone tower | under a blue sky
explore_monuments/resource/usa: georgeWashingtonBirthplace | a house | on the grass
explore_monuments/resource/usa: canyondeChelly | a river | in the desert
explore_monuments/resource/usa: lincolnMemorial | a temple | at dusk
explore_monuments/resource/usa: statueofLiberty cabrillo | a statue | under a blue sky
explore_monuments/resource/wonders: chichenItza | a stone pyramid | on the grass
explore_monuments/resource/wonders: greatWallofChina machuPicchu | stone ruins | in the mountains
explore_monuments/resource/wonders: petra | a stone temple | in the desert
explore_monuments/resource/wonders: tajMahal | a white palace | by the water
explore_monuments/resource/wonders: colosseum | a stone palace | under a blue sky
explore_world_animals/resource/animals: bison | a brown bison | on the grass
explore_world_animals/resource/animals: chameleon | a green chameleon | on a branch
explore_world_animals/resource/animals: crocodile | a crocodile | on sand
explore_world_animals/resource/animals: dragon | a gray lizard | on sand
explore_world_animals/resource/animals: giraffe | a giraffe | in the desert
explore_world_animals/resource/animals: hedgehog | a hedgehog | on the grass
explore_world_animals/resource/animals: jaguar | a leopard | on a rock
explore_world_animals/resource/animals: koala | a gray koala | on a branch
explore_world_animals/resource/animals: lemur | a lemur | in the forest
explore_world_animals/resource/animals: moose | a brown moose | in the forest
explore_world_animals/resource/animals: panda | a panda | on a rock
explore_world_animals/resource/animals: polar_bear | a white bear | in the snow
explore_world_animals/resource/animals: scarlet_macaw | a red parrot | on a branch
erase/resource: alpaca | a white alpaca | on the grass
erase/resource: bee | a bee | on an orange flower
erase/resource: butterfly | a butterfly | on a purple flower
erase/resource: calf | a brown calf | in a meadow
erase/resource: camels | brown camels | in the desert
erase/resource: caterpillar | a green caterpillar | on a leaf
erase/resource: chamaeleon | a green chameleon | on a leaf
erase/resource: cheetah | a leopard | on the grass
erase/resource: crab | a red crab | on a rock
erase/resource: dolphin | a dolphin | in the blue sea
erase/resource: gibbon | a gray monkey | in the forest
erase/resource: giraffe | a giraffe | in the forest
erase/resource: goat | a white goat | in the mountains
erase/resource: gorilla | a black gorilla | on the grass
erase/resource: gosling | a yellow duckling | on the grass
erase/resource: heron | a gray heron | in the sky
erase/resource: horse | a brown horse | in a meadow
erase/resource: kingfisher | a blue bird | on a branch
erase/resource: kitten | a cat | on a wooden table
erase/resource: long_nosed_monkey macaque | a brown monkey | in the forest
erase/resource: meerkats | brown meerkats | on sand
erase/resource: northern_harrier | a brown bird | in the sky
erase/resource: nubian_ibex | a brown goat | in the desert
erase/resource: penguin | a penguin | on the grass
erase/resource: pika | a brown squirrel | on a rock
erase/resource: red_panda | a red panda | in the forest
erase/resource: rhinoceros | a gray rhino | in a meadow
erase/resource: spoonbills | white birds | on the water
erase/resource: squirrel | a brown squirrel | on a tree
erase/resource: swans | white swans | on the water
erase/resource: toucan | a toucan | on a branch
details/resource/image: Chenonceau_background | a castle | by the river
details/resource/image: EgeskovSlotSpejling_background | a red castle | by the lake
details/resource/image: EilanDonanCastle_background | a stone castle | by the lake
details/resource/image: FanoeWindmill_background | a windmill | on the grass
details/resource/image: GizahPyramids_background | a pyramid | in the desert
details/resource/image: Louvre_2007_02_24_c_background NDP_background | a palace | at night
details/resource/image: Nagoya_background | a castle | under a cloudy sky
details/resource/image: Neuschwanstein_background | a white castle | in the mountains
details/resource/image: OperaSidney_background | a building | at night
details/resource/image: TajMahal_background | a white palace | under a blue sky
details/resource/image: TourEiffel_background | an iron tower | on the grass
details/resource/image: TowerBridgeLondon_background | a bridge | at night
wallpapers: Bridge_by_Sander_Klootwijk | a beach | under a blue sky
wallpapers: Dragonfly_by_Bolly | green leaves | under a blue sky
wallpapers: Picture_0B_by_freespace | a red bowl | on a gray background
wallpapers: Picture_1A_by_freespace | brushes | in a room
wallpapers: Wine_by_Jakkub_Mede | a wooden table | in a room
wallpapers: aitzgorri_by_Aitzol_Berasategi | a green meadow | in the mountains in autumn
wallpapers: greentock_by_Peter_Nerlich | a white clock | on a yellow background
wallpapers: life_by_Aitzol_Berasategi | a river | in the forest
wallpapers: picosdeeuropa_by_Aitzol_Berasategi | a path | in the mountains
wallpapers: seeding_by_Clements_Engelhardt | a dandelion | in a meadow
wallpapers: sunset_by_Aitzol_Berasategi | mountains | at sunset
"""


# Other new words, and known ones that they start out like.
LIKE = {"night": "space", "dusk": "sunset", "evening": "sunset", "winter": "snow", "autumn": "leaf", "summer": "meadow", 
        "cathedral": "church", "palace": "castle", "temple": "castle", "pyramid": "castle sand", "tower": "castle", "gate": "castle brick",
        "windmill": "house", "desert": "sand", "sea": "water", "river": "water", "beach": "sand water", "branch": "tree forest",
        "rock": "gravel", "stone": "gravel", "statue": "gravel", "bridge": "city", "alpaca": "sheep", "goat": "sheep",
        "leopard": "tiger", "lizard": "dinosaur", "chameleon": "frog", "caterpillar": "snail", "bird": "parrot duck owl", "birds": "parrot duck",
        "flower": "rose tulip daisy", "flowers": "rose tulip daisy", "hens": "chicken", "horses": "horse", "swans": "swan", "camels": "camel",
        "calf": "cow", "fog": "snow gray", "mist": "snow gray", "rain": "gray", "sunlight": "sun", "cold": "blue", "bowl": "cup",
        "igloo": "snow house", "waterfall": "water forest", "lake": "water", "island": "water castle", "village": "house", "ruins": "brick"}
LIKE = {word: known.split() for word, known in LIKE.items()}


def cutouts():
    """[(kind, noun, colour or None, path)] of the stamps."""
    rows = [[part.strip() for part in line.split("|")] for line in CUTOUTS.strip().splitlines()]
    return [(kind, noun, color or None, path) for kind, noun, color, paths in rows for path in paths.split()]


def photographs():
    """[(path without ending, what it shows, where)]; the paths begin below `gcompris` or are `wallpapers/...`."""
    rows = [[part.strip() for part in line.split("|")] for line in PHOTOGRAPHS.strip().splitlines()]
    return [(f"{files.split(':')[0]}/{stem}", what, where) for files, what, where in rows for stem in files.split(":")[1].split()]
