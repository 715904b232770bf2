"""Links of the sample shop's pages."""

from urllib.parse import quote


def category_link(path: tuple[str, ...]) -> str:
    """Where the pages show a category."""
    return "/shop/category/" + quote(">".join(path), safe="")


def safe_link(link: str) -> str:
    """`link` when it is a path of this site or an http(s) address, else nothing: a catalog may hold `javascript:`.

    >>> safe_link("/shop/item/a"), safe_link("javascript:alert(1)"), safe_link("//elsewhere.example/")
    ('/shop/item/a', '', '')
    """
    if link.startswith(("https://", "http://")) or (link.startswith("/") and link[1:2] not in ("/", "\\")):
        return link
    return ""
