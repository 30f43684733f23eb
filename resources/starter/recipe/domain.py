"""What the starter model knows: things, colours, grounds, and how a scene is said in English."""
import random
import zlib

# noun -> icon name, the same in every icon set. One icon a noun: the model is small.
THINGS = {
    # faces of creatures and whole animals
    "cat": "cat-face", "dog": "dog-face", "mouse": "mouse-face", "rabbit": "rabbit-face", "fox": "fox",
    "bear": "bear", "panda": "panda", "koala": "koala", "tiger": "tiger-face", "lion": "lion",
    "cow": "cow-face", "pig": "pig-face", "frog": "frog", "monkey": "monkey-face", "horse": "horse-face",
    "unicorn": "unicorn", "wolf": "wolf", "raccoon": "raccoon", "chicken": "chicken", "penguin": "penguin",
    "chick": "front-facing-baby-chick", "duck": "duck", "owl": "owl", "swan": "swan", "parrot": "parrot",
    "flamingo": "flamingo", "bee": "honeybee", "butterfly": "butterfly", "snail": "snail", "ladybug": "lady-beetle",
    "spider": "spider", "turtle": "turtle", "octopus": "octopus", "crab": "crab", "fish": "tropical-fish",
    "dolphin": "dolphin", "whale": "spouting-whale", "shark": "shark", "elephant": "elephant", "giraffe": "giraffe",
    "camel": "camel", "sheep": "ewe", "hedgehog": "hedgehog", "squirrel": "chipmunk", "dinosaur": "sauropod",
    "dragon": "dragon-face", "snowman": "snowman-without-snow", "robot": "robot", "alien": "alien", "ghost": "ghost",
    "skull": "skull", "astronaut": "astronaut", "clown": "clown-face",
    # food
    "apple": "red-apple", "pear": "pear", "tangerine": "tangerine", "lemon": "lemon", "banana": "banana",
    "watermelon": "watermelon", "grapes": "grapes", "strawberry": "strawberry", "cherries": "cherries", "peach": "peach",
    "pineapple": "pineapple", "coconut": "coconut", "kiwi": "kiwi-fruit", "tomato": "tomato", "eggplant": "eggplant",
    "avocado": "avocado", "broccoli": "broccoli", "pepper": "bell-pepper", "corn": "ear-of-corn", "carrot": "carrot",
    "onion": "onion", "mushroom": "mushroom", "bread": "bread", "croissant": "croissant", "pretzel": "pretzel",
    "pancakes": "pancakes", "cheese": "cheese-wedge", "egg": "egg", "burger": "hamburger", "fries": "french-fries",
    "pizza": "pizza", "taco": "taco", "popcorn": "popcorn", "sushi": "sushi", "donut": "doughnut",
    "cookie": "cookie", "cake": "birthday-cake", "cupcake": "cupcake", "candy": "candy", "lollipop": "lollipop",
    "honey": "honey-pot", "coffee": "hot-beverage", "teapot": "teapot", "wine": "wine-glass", "beer": "beer-mug",
    "ice cream": "soft-ice-cream",
    # plants
    "rose": "rose", "tulip": "tulip", "sunflower": "sunflower", "daisy": "blossom", "hibiscus": "hibiscus",
    "cactus": "cactus", "palm": "palm-tree", "tree": "deciduous-tree", "pine": "evergreen-tree", "clover": "four-leaf-clover",
    "leaf": "maple-leaf",
    # vehicles
    "car": "oncoming-automobile", "bus": "oncoming-bus", "truck": "delivery-truck", "tractor": "tractor", "bicycle": "bicycle",
    "motorcycle": "motorcycle", "scooter": "motor-scooter", "train": "locomotive", "plane": "airplane", "rocket": "rocket",
    "helicopter": "helicopter", "sailboat": "sailboat", "ship": "ship", "saucer": "flying-saucer", "ambulance": "ambulance",
    "balloon": "balloon",
    # objects
    "umbrella": "umbrella", "clock": "alarm-clock", "watch": "watch", "phone": "mobile-phone", "laptop": "laptop",
    "camera": "camera", "television": "television", "bulb": "light-bulb", "candle": "candle", "book": "closed-book",
    "pencil": "pencil", "scissors": "scissors", "key": "key", "lock": "locked", "hammer": "hammer",
    "axe": "axe", "shield": "shield", "bell": "bell", "guitar": "guitar", "violin": "violin",
    "trumpet": "trumpet", "drum": "drum", "soccer ball": "soccer-ball", "basketball": "basketball", "trophy": "trophy",
    "crown": "crown", "hat": "top-hat", "shoe": "running-shoe", "boot": "womans-boot", "shirt": "t-shirt",
    "dress": "dress", "glasses": "glasses", "handbag": "handbag", "backpack": "backpack", "gift": "wrapped-gift",
    "teddy": "teddy-bear", "kite": "kite", "chair": "chair", "door": "door", "bucket": "bucket",
    "heart": "red-heart", "star": "star", "sun": "sun", "moon": "crescent-moon", "cloud": "cloud",
    "snowflake": "snowflake", "fire": "fire", "drop": "droplet", "rainbow": "rainbow", "diamond": "gem-stone",
    # buildings
    "house": "house", "castle": "castle", "church": "church", "tent": "tent", "volcano": "volcano",
}
# Said with more words than the noun alone.
PHRASE = {"coffee": "cup of coffee", "wine": "glass of wine", "beer": "mug of beer", "bulb": "light bulb", "palm": "palm tree",
          "pine": "pine tree", "honey": "pot of honey", "teddy": "teddy bear", "saucer": "flying saucer",
          "corn": "ear of corn", "pepper": "bell pepper", "popcorn": "box of popcorn"}
UNCOUNTED = {"grapes", "cherries", "pancakes", "fries", "scissors", "glasses", "bread", "cheese", "sushi", "candy", "fire", "binoculars",
             "pliers"}

# The things of the sample pictures and their edits; a short training shows them more often (see 3_diffusion.py --favour).
FAVOURITES = ("apple", "teapot", "fox", "panda", "lion", "car", "bus", "cat", "dog", "rabbit", "tiger", "koala", "robot", "clown",
              "sunflower", "rose", "donut", "castle", "house", "tree", "heart", "star", "coffee", "rocket", "umbrella", "balloon")

COLORS = {"red": (214, 36, 40), "orange": (245, 130, 28), "yellow": (250, 212, 44), "green": (52, 160, 66),
          "blue": (40, 98, 214), "purple": (134, 60, 178), "pink": (246, 132, 180), "brown": (128, 78, 42),
          "black": (36, 36, 40), "white": (240, 240, 242), "gray": (140, 142, 146)}
# Things whose icon is mostly details of other colours: a named colour would be a lie.
NO_COLOR = {"rainbow", "pizza", "sushi", "cake", "popcorn", "astronaut", "panda", "soccer ball", "watermelon", "taco", "burger",
            "clown", "volcano", "fire"}

STYLES = ("photo", "flat", "cartoon")          # one icon set each; twemoji is kept for the grader
ICON_SET = {"photo": "fluent-emoji", "flat": "fluent-emoji-flat", "cartoon": "noto", "held": "twemoji"}
SURFACES = {"wood": "on a wooden table", "brick": "in front of a brick wall", "grass": "on the grass", "gravel": "on gravel",
            "sand": "on sand", "snow": "in the snow", "marble": "on white marble", "water": "on the water",
            "forest": "in a forest", "sunset": "at sunset", "mountains": "in the mountains", "city": "in a city",
            "sky": "in the sky", "room": "in a room", "space": "in space", "meadow": "in a meadow"}
PATTERNS = ("stripes", "dots", "checks")
# Light, weather and season of a photograph, each a recipe in light.py, and the ways to say it.
LIGHTS = {"night": ("at night",), "dusk": ("at dusk", "in the evening"), "sunset": ("at sunset",), "fog": ("in the fog", "in the mist"),
          "snow": ("in the snow", "in winter", "in the snow"), "autumn": ("in autumn",), "summer": ("in summer",), "rain": ("in the rain",),
          "warm": ("in warm light", "in golden light"), "cold": ("in cold light", "in blue light"), "sunlight": ("in bright sunlight",),
          "gray": ("in black and white",)}


def held_out(*words):
    """True for the one in ten combinations that training never shows, so that the grader asks for something new."""
    return zlib.crc32(" ".join(words).encode()) % 10 == 7


def a(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def noun_phrase(noun, color=None, size=None):
    words = " ".join(w for w in (size, color, PHRASE.get(noun, noun)) if w)
    return words if noun in UNCOUNTED and noun not in PHRASE else a(words)


def ground_phrase(ground):
    kind = ground[0]
    if kind == "plain":
        return random.choice((f"on {a(ground[1])} background", f"on {ground[1]}", f"on {a(ground[1])} background"))
    if kind == "gradient":
        return f"on {a(ground[1])} and {ground[2]} gradient"
    if kind == "pattern":
        return f"on {ground[2]} {ground[1]}"
    return SURFACES[ground[1]]


def lead(style, sticker):
    if style == "photo":
        return random.choice(("a photo of ", "a photograph of ", "", "", "a picture of "))
    if style == "flat":
        return "a flat sticker of " if sticker else random.choice(("a flat icon of ", "a flat picture of "))
    return "a sticker of " if sticker else random.choice(("a cartoon of ", "a drawing of "))


def caption(scene):
    """The sentence for a scene; it uses Python's global `random`, which the renderer seeds per scene."""
    names = [noun_phrase(t["noun"], t["color"], t["size"]) for t in scene["things"]]
    how = scene["relation"]
    if how == "two":
        t = scene["things"][0]
        body = "two " + " ".join(w for w in (t["color"], plural(t["noun"])) if w)
    elif len(names) == 1:
        body = names[0]
    elif how == "left":
        body = random.choice((f"{names[0]} and {names[1]}", f"{names[0]} on the left of {names[1]}", f"{names[0]} next to {names[1]}"))
    else:
        body = f"{names[0]} above {names[1]}"
    text = lead(scene["style"], scene["sticker"]) + body
    return text + " " + ground_phrase(scene["ground"]) if scene["say_ground"] else text


def plural(noun):
    words = PHRASE.get(noun, noun)
    if " of " in words:
        first, rest = words.split(" ", 1)
        return plural_word(first) + " " + rest
    head, _, last = words.rpartition(" ")
    return (head + " " if head else "") + plural_word(last)


def plural_word(w):
    irregular = {"mouse": "mice", "sheep": "sheep", "fish": "fish", "wolf": "wolves", "leaf": "leaves", "leaves": "leaves", "glass": "glasses"}
    if w in irregular:
        return irregular[w]
    if w in UNCOUNTED:
        return w
    if w.endswith("y") and w[-2] not in "aeiou":
        return w[:-1] + "ies"
    return w + ("es" if w.endswith(("s", "x", "ch", "sh", "to")) else "s")


def random_ground(rng, style):
    r = rng.random()
    names = list(COLORS)
    if style == "photo":
        kind = "surface" if r < 0.5 else "plain" if r < 0.88 else "gradient"
    else:
        kind = "plain" if r < 0.7 else "gradient" if r < 0.8 else "pattern" if r < 0.9 else "surface"
    if kind == "surface":
        return ("surface", rng.choice(list(SURFACES)))
    if kind == "plain":
        return ("plain", rng.choice(names))
    if kind == "gradient":
        return ("gradient", *rng.sample(names, 2))
    return ("pattern", rng.choice(PATTERNS), rng.choice(names))


def random_thing(rng, size=True):
    noun = rng.choice(list(THINGS))
    color = None if noun in NO_COLOR or rng.random() < 0.4 else rng.choice(list(COLORS))
    said = rng.choice(("small", "big")) if size and rng.random() < 0.16 else None
    return {"noun": noun, "color": color, "size": said}


def allowed(scene):
    """Leaves out what the grader will ask for: held-out thing x colour and thing x ground."""
    g = "-".join(scene["ground"])
    for t in scene["things"]:
        if (t["color"] and held_out(t["noun"], t["color"])) or held_out(t["noun"], g):
            return False
    first = scene["things"][0]
    # A thing of its ground's colour cannot be seen, so it cannot be learned either.
    return not (first["color"] and first["color"] in scene["ground"])


def random_scene(rng):
    """One scene: a single large thing, or two small ones: those are harder to learn, so there are many of them."""
    while True:
        style = rng.choices(STYLES, (0.5, 0.25, 0.25))[0]
        relation, things = "one", [random_thing(rng)]
        r = rng.random()
        if r < 0.38:
            relation = rng.choices(("left", "above"), (0.75, 0.25))[0]
            things = [random_thing(rng, False), random_thing(rng, False)]
            if things[0]["noun"] == things[1]["noun"]:
                continue
        elif r < 0.42:
            relation, things = "two", [random_thing(rng, False)]
        scene = {"style": style, "sticker": style != "photo" and rng.random() < 0.4, "things": things, "relation": relation,
                 "ground": random_ground(rng, style), "say_ground": rng.random() < 0.88}
        if allowed(scene):
            return scene

# Words that an edit may use though no scene is drawn with them: each gets a token of its own.
EXTRA_WORDS = ("raccoon dandelion rocket astronaut coffee cup portrait with the of in on at and is are a an two one three bright dark light "
               "golden silver wooden old new cute happy watercolor painting sketch night day winter summer autumn spring "
               "photo photograph picture launch smoke suit woman face eyes").split()
