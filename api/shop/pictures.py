"""Pictures of products and creatives, drawn as SVG from what the catalog says of them."""

from hashlib import blake2b
from html import escape
from string import Template
from urllib.parse import unquote

from api.shop.drawings import DRAWING_OF, DRAWINGS, SCENES
from models.catalog.resources import CatalogItem, Creative

INK, STEEL, WOOD = "#2f3542", "#c5cdd3", "#c79a68"
COLOR_HEX: dict[str, str] = {
    "sage": "#9db593", "terracotta": "#cf7a58", "ink": "#3b4a6b", "sand": "#d8c3a0", "mustard": "#dcab3f",
    "charcoal": "#555b66", "sky": "#86b6d6", "rose": "#d898a0", "forest": "#4b7a5c", "plum": "#865b83",
    "cream": "#dccba6", "slate": "#7b8b9c", "black": "#33363d", "white": "#f2f0ea", "red": "#c8524a",
    "blue": "#4a79b8", "green": "#5f9a63", "yellow": "#e6c14b", "brown": "#8d6848", "grey": "#9aa0a6",
    "gray": "#9aa0a6",
}  # fmt: skip
PALETTE = tuple(COLOR_HEX[name] for name in ("sage", "terracotta", "ink", "mustard", "sky", "rose", "forest", "plum"))
# Background from, background to, objects, accent: pairs that keep dark text readable on the left half.
MOODS = (
    ("#fdf1e3", "#f3c9a5", "#c9693f", "#3f6f73"),
    ("#e8f1ea", "#b4d3bd", "#4f8363", "#e0a23c"),
    ("#e9f0f8", "#b0cae6", "#446f9f", "#e38b5b"),
    ("#f7ebf0", "#e3b9c8", "#a4557a", "#5b8f8a"),
    ("#fbf5dc", "#ecd489", "#b98a22", "#496a8f"),
    ("#eeebf7", "#c6bde4", "#6c5ba3", "#e0a23c"),
    ("#e4f3f3", "#a5d3d3", "#2f7f85", "#d9705a"),
    ("#f3eee8", "#d6c2ab", "#86664a", "#5f8f6b"),
)


def item_picture(item: CatalogItem) -> str:
    """A square SVG of a product: what its innermost known category looks like, in the product's colour.

    >>> item_picture(CatalogItem(item_id="a", title="Mug <3", category=("Home", "Kitchen"), color="Sage"))[:28]
    '<svg xmlns="http://www.w3.or'
    """
    seed = _seed(item.item_id)
    main = COLOR_HEX.get(item.color.lower(), PALETTE[seed[0] % len(PALETTE)])
    accent = next(color for color in _rotated(PALETTE, seed[1]) if color != main)
    ground = _mix(main, "#ffffff", 0.76)
    sun = f'<circle cx="{40 + seed[2] % 120}" cy="{50 + seed[3] % 60}" r="{58 + seed[4] % 26}"'
    drawing = _draw(_drawing_of(item.category), main, accent)
    # Mirrored now and then, so that neighbours on a page differ.
    turned = f'<g transform="translate(200 0) scale(-1 1)">{drawing}</g>' if seed[5] % 3 == 0 else drawing
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" width="600" height="600" role="img">'
        f"<title>{_text(item.title or item.item_id)}</title>"
        f'<rect width="200" height="200" fill="{ground}"/>'
        f'{sun} fill="{_mix(main, "#ffffff", 0.6)}"/>'
        f'<g transform="translate(13 14) scale(.87)">'
        f'<ellipse cx="100" cy="169" rx="78" ry="7" fill="{INK}" opacity=".13"/>'
        f"{turned}</g></svg>"
    )


def creative_picture(creative: Creative) -> str:
    """A wide SVG (1200 by 420) for a creative; its left half is calm, since the page sets the headline there.

    >>> creative_picture(Creative(creative_id="c", campaign_id="k", category=("Home", "Kitchen"))).count("<svg")
    1
    """
    seed = _seed(creative.creative_id)
    pale, deep, main, accent = MOODS[seed[5] % len(MOODS)]
    left, centre, right = _scene(creative.category or _linked_category(creative.link), seed)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 420" width="1200" height="420"'
        ' preserveAspectRatio="xMaxYMid slice" role="img">'
        f"<title>{_text(creative.headline or creative.creative_id)}</title>"
        f'<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2=".5"><stop offset=".15" stop-color="{pale}"/>'
        f'<stop offset="1" stop-color="{deep}"/></linearGradient></defs>'
        '<rect width="1200" height="420" fill="url(#g)"/>'
        f'<circle cx="{840 + seed[1] % 60}" cy="{170 + seed[2] % 40}" r="230" fill="{_mix(deep, "#ffffff", 0.4)}"/>'
        f'<circle cx="{1080 + seed[3] % 60}" cy="70" r="{60 + seed[4] % 40}" fill="{accent}" opacity=".25"/>'
        f'<path d="M480 420c120-66 330-92 720-58v58z" fill="{_mix(main, deep, 0.55)}"/>'
        f'<g transform="translate(590 190) scale(1.050)">{_draw(left, accent, main)}</g>'
        f'<g transform="translate(975 175) scale(1.100)">{_draw(right, _mix(main, "#ffffff", 0.35), accent)}</g>'
        f'<g transform="translate(735 66) scale(1.650)">{_draw(centre, main, accent)}</g></svg>'
    )


def _drawing_of(category: tuple[str, ...]) -> str:
    known = (DRAWING_OF[name.lower()] for name in reversed(category) if name.lower() in DRAWING_OF)
    return next(known, "parcel")


def _scene(category: tuple[str, ...], seed: bytes) -> tuple[str, str, str]:
    for name in reversed(category):
        if name.lower() in SCENES:
            return SCENES[name.lower()]
    if category:
        drawing = _drawing_of(category)
        return drawing, drawing, drawing
    # About a brand: one thing from each of three branches.
    first, second, third = (list(SCENES.values())[seed[place] % len(SCENES)][1] for place in (6, 7, 8))
    return first, second, third


def _linked_category(link: str) -> tuple[str, ...]:
    """The category a creative about a brand leads to."""
    return tuple(unquote(link.rsplit("/", 1)[-1]).split(">")) if "/category/" in link else ()


def _draw(name: str, main: str, accent: str) -> str:
    return Template(DRAWINGS[name]).substitute(
        m=main, d=_mix(main, "#1d2230", 0.28), l=_mix(main, "#ffffff", 0.45), a=accent, w=WOOD, k=INK, s=STEEL
    )


def _mix(color: str, other: str, share: float) -> str:
    """`color` with `share` (0 to 1) of `other` in it, both as `#rrggbb`."""
    pairs = zip(bytes.fromhex(color[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def _rotated(colors: tuple[str, ...], by: int) -> tuple[str, ...]:
    start = by % len(colors)
    return colors[start:] + colors[:start]


def _seed(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()


def _text(text: str) -> str:
    """`text` for SVG: escaped, and without the control characters XML forbids."""
    kept = (sign for sign in text if sign in "\t\n" or (sign >= " " and not "\ud800" <= sign <= "\udfff"))
    return escape("".join(sign for sign in kept if sign not in "\ufffe\uffff"))
