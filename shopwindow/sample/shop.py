"""Sample shop: a catalog, creatives, campaigns and placements, all invented, the same for the same seed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from api.shop.links import category_link
from models.base.durations import DAY_S
from models.catalog.resources import Campaign, CatalogItem, Creative, Placement

SAMPLE_NOW_S = 1_767_225_600.0  # 2026-01-01: for callers to whom the moment does not matter
ITEMS_PER_LEAF = 7
CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A third-level category: what its products are called, cost and are made of.

    Parameters
    ----------
    name
        Unique over the whole tree, since item ids are made from it.
    nouns
        What one product is called.
    median_price
        Half of the products cost less, in EUR.
    materials
        One is drawn for each product.
    sizes
        One is drawn for each product; empty where products have no size.
    """

    name: str
    nouns: tuple[str, ...]
    median_price: float
    materials: tuple[str, ...]
    sizes: tuple[str, ...] = ()


SHOE_SIZES = ("37", "38", "39", "40", "41", "42", "43", "44")
WEAR_SIZES = ("S", "M", "L", "XL")
STEEL = ("brushed steel", "enamelled steel")
LEATHER = ("leather", "suede", "waxed canvas")
WOOD = ("oak", "ash", "beech")
WOOL = ("merino wool", "lambswool", "cotton")
CLOTH = ("linen", "cotton", "recycled polyester")
ALLOY = ("aluminium", "magnesium alloy", "recycled plastic")
PAPER = ("recycled paper", "cream paper")

TREE: dict[str, dict[str, tuple[Leaf, ...]]] = {
    "Home": {
        "Kitchen": (
            Leaf("Coffee makers", ("drip coffee maker", "moka pot", "pour-over set"), 68, STEEL),
            Leaf("Cookware", ("frying pan", "casserole", "saucepan"), 55, (*STEEL, "cast iron")),
            Leaf("Mugs", ("mug", "espresso cup", "tall mug"), 14, ("stoneware", "porcelain")),
        ),
        "Living room": (
            Leaf("Chairs", ("lounge chair", "dining chair", "rocking chair"), 180, WOOD),
            Leaf("Floor lamps", ("floor lamp", "reading lamp", "arc lamp"), 95, (*STEEL, "oak")),
            Leaf("Cushions", ("cushion", "floor cushion", "bolster cushion"), 24, CLOTH),
        ),
        "Bedroom": (
            Leaf("Bed linen", ("duvet set", "sheet set", "pillowcase pair"), 59, CLOTH),
            Leaf("Blankets", ("throw", "quilt", "blanket"), 49, WOOL),
            Leaf("Alarm clocks", ("alarm clock", "wake-up light", "travel clock"), 32, ("brass", *WOOD)),
        ),
        "Garden": (
            Leaf("Planters", ("planter", "hanging planter", "herb box"), 29, ("terracotta", "zinc", "oak")),
            Leaf("Watering cans", ("watering can", "indoor watering can", "mister"), 26, ("zinc", "copper")),
            Leaf("Garden tools", ("hand trowel", "pruning shears", "garden fork"), 21, ("ash", "carbon steel")),
        ),
    },
    "Outdoor": {
        "Camping": (
            Leaf("Tents", ("two-person tent", "family tent", "tunnel tent"), 210, ("ripstop nylon", "cotton canvas")),
            Leaf("Sleeping bags", ("sleeping bag", "summer sleeping bag", "down sleeping bag"), 110, ("nylon", "down")),
            Leaf("Lanterns", ("camping lantern", "string lantern", "solar lantern"), 34, ALLOY),
        ),
        "Hiking": (
            Leaf("Backpacks", ("trekking backpack", "day pack", "summit pack"), 98, ("ripstop nylon", "waxed canvas")),
            Leaf("Hiking boots", ("hiking boot", "approach shoe", "trail boot"), 139, LEATHER, SHOE_SIZES),
            Leaf("Flasks", ("insulated flask", "water bottle", "tea flask"), 27, STEEL),
        ),
        "Cycling": (
            Leaf("Bikes", ("city bike", "gravel bike", "touring bike"), 690, ("aluminium", "steel"), ("S", "M", "L")),
            Leaf("Bike helmets", ("helmet", "commuter helmet", "road helmet"), 74, ALLOY, ("S", "M", "L")),
            Leaf("Bike bags", ("pannier", "handlebar bag", "saddle bag"), 62, ("waxed canvas", "tarpaulin")),
        ),
    },
    "Fashion": {
        "Shoes": (
            Leaf("Sneakers", ("low-top sneaker", "court sneaker", "canvas sneaker"), 89, LEATHER, SHOE_SIZES),
            Leaf("Ankle boots", ("ankle boot", "chelsea boot", "lace-up boot"), 145, LEATHER, SHOE_SIZES),
            Leaf("Sandals", ("sandal", "slide", "cork sandal"), 52, ("leather", "cork"), SHOE_SIZES),
        ),
        "Knitwear": (
            Leaf("Jumpers", ("crew-neck jumper", "cable jumper", "roll-neck jumper"), 84, WOOL, WEAR_SIZES),
            Leaf("Scarves", ("scarf", "checked scarf", "loop scarf"), 36, WOOL),
            Leaf("Beanies", ("beanie", "ribbed beanie", "bobble hat"), 25, WOOL),
        ),
        "Bags": (
            Leaf("Totes", ("tote", "market bag", "shopper"), 64, (*LEATHER, "cotton canvas")),
            Leaf("Wallets", ("wallet", "card holder", "coin purse"), 39, LEATHER),
            Leaf("Suitcases", ("cabin suitcase", "trolley", "weekend case"), 165, ("polycarbonate", "aluminium")),
        ),
    },
    "Electronics": {
        "Audio": (
            Leaf("Headphones", ("over-ear headphones", "studio headphones", "wireless headphones"), 149, ALLOY),
            Leaf("Speakers", ("bookshelf speaker", "portable speaker", "shelf radio"), 129, ("oak", *ALLOY)),
            Leaf("Turntables", ("turntable", "belt-drive turntable", "record player"), 260, ("walnut", "ash")),
        ),
        "Photo": (
            Leaf("Cameras", ("compact camera", "instant camera", "mirrorless camera"), 420, ALLOY),
            Leaf("Tripods", ("travel tripod", "table tripod", "studio tripod"), 88, ("carbon fibre", "aluminium")),
            Leaf("Photo frames", ("photo frame", "gallery frame", "digital frame"), 35, (*WOOD, "brass")),
        ),
        "Desk": (
            Leaf("Keyboards", ("mechanical keyboard", "compact keyboard", "wireless keyboard"), 99, ALLOY),
            Leaf("Monitors", ("monitor", "portable monitor", "wide monitor"), 270, ALLOY),
            Leaf("Desk lamps", ("desk lamp", "clamp lamp", "task light"), 58, (*STEEL, "brass")),
        ),
    },
    "Sport": {
        "Yoga": (
            Leaf("Yoga mats", ("yoga mat", "travel mat", "cork mat"), 48, ("cork", "natural rubber")),
            Leaf("Yoga blocks", ("block pair", "cork block", "yoga wedge"), 22, ("cork", "recycled foam")),
            Leaf("Dumbbells", ("dumbbell pair", "kettlebell", "hand weights"), 44, ("cast iron", "neoprene")),
        ),
        "Running": (
            Leaf("Running shoes", ("road running shoe", "trail running shoe", "racing shoe"), 124, CLOTH, SHOE_SIZES),
            Leaf("Sport watches", ("sport watch", "running watch", "pulse watch"), 185, ALLOY),
            Leaf("Running shirts", ("running shirt", "long-sleeve shirt", "running vest"), 42, CLOTH, WEAR_SIZES),
        ),
        "Ball games": (
            Leaf("Footballs", ("football", "training ball", "indoor football"), 31, ("recycled leather", "rubber")),
            Leaf("Rackets", ("tennis racket", "badminton racket", "padel racket"), 96, ("carbon fibre", "graphite")),
            Leaf("Skateboards", ("skateboard", "cruiser board", "longboard"), 92, ("maple", "bamboo")),
        ),
        "Swimming": (
            Leaf("Goggles", ("swim goggles", "racing goggles", "training goggles"), 23, ("silicone",)),
            Leaf("Towels", ("beach towel", "travel towel", "hooded towel"), 30, CLOTH),
            Leaf("Swim floats", ("kickboard", "swim buoy", "pull float"), 19, ("recycled foam",)),
        ),
    },
    "Books and play": {
        "Books": (
            Leaf("Crime novels", ("crime novel", "mystery", "thriller"), 15, PAPER),
            Leaf("Cookbooks", ("cookbook", "baking book", "soup book"), 29, PAPER),
            Leaf("Travel guides", ("travel guide", "city guide", "atlas"), 21, PAPER),
        ),
        "Games": (
            Leaf("Board games", ("board game", "family game", "strategy game"), 37, ("cardboard", "beech")),
            Leaf("Puzzles", ("jigsaw puzzle", "wooden puzzle", "panorama puzzle"), 22, ("cardboard", "beech")),
            Leaf("Wooden toys", ("stacking tower", "toy train", "building blocks"), 28, ("beech", "maple")),
        ),
        "Stationery": (
            Leaf("Notebooks", ("notebook", "sketchbook", "planner"), 16, PAPER),
            Leaf("Pens", ("fountain pen", "ballpoint pen", "pencil set"), 24, ("brass", "aluminium", "cedar")),
            Leaf("Paints", ("watercolour set", "gouache set", "brush set"), 33, ("tin", "beech")),
        ),
    },
}

BRANDS = (
    "Kettlewyn", "Tarnholm", "Hearthby", "Ostrevik", "Lumeryd", "Quillmere", "Solvenna", "Fennmark", "Thistlow",
    "Grovane", "Skerrow", "Dunlark", "Orrinvale", "Eskerly", "Bromwyck", "Drifthus", "Yarlow", "Corvanne", "Marlisse",
    "Velmora", "Arbelle", "Wexcombe", "Zephrine", "Umbrik", "Novarel", "Glimsund", "Tindrel", "Castelune", "Mirrowby",
    "Pellune", "Strivane", "Kalvost", "Rushmoor Lane", "Bellhurst", "Aquarel Bay", "Inkberrow", "Papyrel", "Foxmerry",
    "Juniperby", "Larkspool",
)  # fmt: skip

COLORS = (
    "Sage", "Terracotta", "Ink", "Sand", "Mustard", "Charcoal", "Sky", "Rose", "Forest", "Plum", "Cream", "Slate",
)  # fmt: skip

SERIES = (
    "Harbour", "Lark", "Meadow", "North", "Ember", "Drift", "Alba", "Juno", "Pebble", "Willow", "Comet", "Tide",
    "Orchard", "Mistral", "Cedar", "Halo", "Brook", "Summit", "Velvet", "Prairie", "Cinder", "Lagoon", "Aster", "Fjord",
    "Kite", "Linden",
)  # fmt: skip

CHARACTER = (
    "Made to be used every day and to age well.",
    "Simple lines, and nothing that is not needed.",
    "Small details make the difference here.",
    "A quiet favourite of everyone in our shop.",
    "Easy to look after, easy to repair.",
    "Made in small batches by people who like their work.",
)

HEADLINES: dict[str, tuple[str, str]] = {
    "Kitchen": ("Slow mornings start here", "Coffee makers, pans and mugs for unhurried kitchens"),
    "Living room": ("Take the good seat", "Chairs, lamps and cushions to come home to"),
    "Bedroom": ("Sleep on it", "Linen and blankets as soft as Sunday"),
    "Garden": ("Grow something", "Planters, cans and tools for green corners"),
    "Camping": ("The sky is the ceiling", "Tents, sleeping bags and light for nights outside"),
    "Hiking": ("One more summit", "Boots and packs for the long way round"),
    "Cycling": ("Roll out early", "Bikes, helmets and bags for every kind of road"),
    "Shoes": ("Walk this way", "Sneakers, boots and sandals, made properly"),
    "Knitwear": ("Wool weather", "Jumpers, scarves and beanies for windy days"),
    "Bags": ("Carry less, better", "Totes, wallets and cases that last"),
    "Audio": ("Hear the whole room", "Headphones, speakers and turntables"),
    "Photo": ("Keep the light", "Cameras, tripods and frames"),
    "Desk": ("A desk that works", "Keyboards, monitors and lamps for clear heads"),
    "Yoga": ("Breathe out", "Mats, blocks and weights for quiet training"),
    "Running": ("Find your second wind", "Shoes, watches and shirts for every distance"),
    "Ball games": ("Your serve", "Balls, rackets and boards for long afternoons"),
    "Swimming": ("Just add water", "Goggles, towels and floats"),
    "Books": ("One more chapter", "Crime, cooking and faraway places"),
    "Games": ("Game night is tonight", "Board games, puzzles and wooden toys"),
    "Stationery": ("Make your mark", "Notebooks, pens and paints"),
}
# These two go to the cross theme, since Home and Sport have four branches and a campaign has three creatives.
WEEKEND = (("Home", "Garden"), ("Sport", "Swimming"))


@dataclass(frozen=True, slots=True)
class SampleShop:
    """All that a shop has to sell and to show."""

    items: tuple[CatalogItem, ...]
    creatives: tuple[Creative, ...]
    campaigns: tuple[Campaign, ...]
    placements: tuple[Placement, ...]


def make_shop(seed: int, now_s: float = SAMPLE_NOW_S) -> SampleShop:
    """A shop of 420 products in 60 leaf categories, with 24 creatives in 8 campaigns.

    Parameters
    ----------
    seed
        The same seed gives the same shop.
    now_s
        Epoch seconds from which the age of products is counted; about one in ten is younger than a week.

    >>> shop = make_shop(seed=7)
    >>> len(shop.items), len(shop.creatives), len(shop.campaigns)
    (420, 24, 8)
    >>> shop == make_shop(seed=7)
    True
    """
    items = tuple(_items(Random(f"items:{seed}"), now_s))
    campaigns, creatives = _campaigns(Random(f"creatives:{seed}"), items)
    placements = (
        Placement(placement_id="home_hero", name="Carousel at the top of the home page", slots=4),
        Placement(placement_id="home_strip", name="Pair of banners further down the home page", slots=2),
    )
    return SampleShop(items, creatives, campaigns, placements)


def brands_of(branch: int) -> tuple[str, ...]:
    """The four brands sold in the branch (second-level category) of that number; two are the next branch's too."""
    return tuple(BRANDS[(2 * branch + offset) % len(BRANDS)] for offset in range(4))


def _items(random: Random, now_s: float) -> Iterator[CatalogItem]:
    branches = ((top, second, leaves) for top, seconds in TREE.items() for second, leaves in seconds.items())
    for branch, (top, second, leaves) in enumerate(branches):
        for leaf in leaves:
            series = random.sample(SERIES, ITEMS_PER_LEAF)
            for number in range(ITEMS_PER_LEAF):
                brand = random.choice(brands_of(branch))
                noun = leaf.nouns[number % len(leaf.nouns)]
                yield _item(random, (top, second, leaf.name), leaf, brand, f"{series[number]} {noun}", number, now_s)


def _item(
    random: Random, category: tuple[str, ...], leaf: Leaf, brand: str, name: str, number: int, now_s: float
) -> CatalogItem:
    item_id = f"{_slug(leaf.name)}-{number + 1:02d}"
    price = _shop_price(leaf.median_price * random.lognormvariate(0.0, 0.35))
    color, material = random.choice(COLORS), random.choice(leaf.materials)
    age_days = random.uniform(0.1, 7.0) if random.random() < 0.1 else random.uniform(10.0, 500.0)
    return CatalogItem(
        item_id=item_id,
        title=f"{brand} {name}",
        description=f"{name} by {brand}, {material} in {color.lower()}. {random.choice(CHARACTER)}",
        link=f"/shop/item/{item_id}",
        image_link=f"/shop/pictures/items/{item_id}.svg",
        availability=random.choices(("in_stock", "out_of_stock", "limited_availability"), (90, 5, 5))[0],
        price=price,
        sale_price=_shop_price(price * random.uniform(0.65, 0.85)) if random.random() < 0.18 else None,
        currency=CURRENCY,
        category=category,
        brand=brand,
        color=color,
        size=random.choice(leaf.sizes) if leaf.sizes else "",
        material=material,
        condition="new",
        cost_of_goods_sold=round(price * random.uniform(0.4, 0.6), 2),
        available_from_s=round(now_s - age_days * DAY_S),
    )


def _campaigns(random: Random, items: tuple[CatalogItem, ...]) -> tuple[tuple[Campaign, ...], tuple[Creative, ...]]:
    campaigns: list[Campaign] = []
    creatives: list[Creative] = []
    for top, seconds in TREE.items():
        campaign = Campaign(campaign_id=_slug(top), name=top)
        campaigns.append(campaign)
        paths = [(top, second) for second in seconds if (top, second) not in WEEKEND]
        creatives.extend(_category_creative(campaign, path, "home_hero") for path in paths)
    weekend = Campaign(campaign_id="weekend", name="Weekend outside")
    campaigns.append(weekend)
    creatives.extend(_category_creative(weekend, path, "home_strip") for path in WEEKEND)
    creatives.append(
        Creative(
            creative_id="weekend-bikes",
            campaign_id=weekend.campaign_id,
            headline="Two wheels, two days",
            text="City, gravel and touring bikes",
            category=("Outdoor", "Cycling", "Bikes"),
            image_link="/shop/pictures/creatives/weekend-bikes.svg",
            link=category_link(("Outdoor", "Cycling", "Bikes")),
            placements=("home_strip",),
        )
    )
    makers = Campaign(campaign_id="makers", name="Makers we like")
    campaigns.append(makers)
    brands = random.sample(sorted({item.brand for item in items if item.availability == "in_stock"}), 3)
    creatives.extend(_brand_creative(makers, brand, items) for brand in brands)
    return tuple(campaigns), tuple(creatives)


def _category_creative(campaign: Campaign, path: tuple[str, ...], placement: str) -> Creative:
    headline, text = HEADLINES[path[-1]]
    creative_id = f"{campaign.campaign_id}-{_slug(path[-1])}"
    return Creative(
        creative_id=creative_id,
        campaign_id=campaign.campaign_id,
        headline=headline,
        text=text,
        category=path,
        image_link=f"/shop/pictures/creatives/{creative_id}.svg",
        link=category_link(path),
        placements=(placement,),
    )


def _brand_creative(campaign: Campaign, brand: str, items: tuple[CatalogItem, ...]) -> Creative:
    made = [item.category[:2] for item in items if item.brand == brand]
    most = max(sorted(set(made)), key=made.count)
    creative_id = f"{campaign.campaign_id}-{_slug(brand)}"
    return Creative(
        creative_id=creative_id,
        campaign_id=campaign.campaign_id,
        headline=f"Meet {brand}",
        text=f"A maker we like, at home in {most[-1].lower()}",
        brand=brand,
        image_link=f"/shop/pictures/creatives/{creative_id}.svg",
        link=category_link(most),
        placements=("home_strip",),
    )


def _shop_price(amount: float) -> float:
    """The price a shop would print: whole cents ending in 90 below 100, whole euros above."""
    return float(round(amount)) if amount >= 100 else round(max(1.0, round(amount)) - 0.1, 2)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
