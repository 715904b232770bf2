"""WooCommerce: variations stand for their product and take from it what they leave empty."""

from pathlib import Path

from shopwindow.feeds.checking import check_feed
from shopwindow.feeds.feed import FeedOptions, read_feed, read_feed_ids

EXPORT = """ID,Type,SKU,Name,Published,"Is featured?","Visibility in catalog","Short description",Description,\
"Date sale price starts","Date sale price ends","In stock?",Stock,"Sale price","Regular price",Categories,Images,\
Parent,"External URL","Attribute 1 name","Attribute 1 value(s)"
31,variable,scarf,Scarf,1,0,visible,Short,"<b>Long</b> scarf",,,1,,,,"Wear > Scarves, Sale","/a.jpg, /b.jpg",,,\
Color,"Red, Sand"
32,variation,scarf-red,"Scarf - Red",1,0,visible,,,2026-01-01,2026-01-31,1,,24,30,,,scarf,,Color,Red
33,variation,,,1,0,visible,,,,,backorder,,,30,,/s.jpg,id:31,,Color,Sand
40,simple,pin,Pin,1,0,hidden,,,,,0,,,"1,250.00",Wear,,,,,
41,"simple, virtual",card,Card,0,0,visible,,,,,1,,,10,,,,,,
42,external,far,Far,1,0,visible,,,,,1,,,10,,,,https://far.example/p,,
50,grouped,set,Set,1,0,visible,,,,,1,,,,,,,,,
60,simple,gift,Gift,1,0,visible,,,,,1,,,,,,,,,
"""


def test_a_whole_export_is_mapped_and_what_cannot_be_shown_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "wc-export.csv"
    path.write_text(EXPORT)
    feed = read_feed(path, FeedOptions(currency="EUR"))
    checked = check_feed(feed)
    assert feed.kind == "a WooCommerce product export"
    assert list(checked.items) == ["32", "33", "40", "41", "42"]
    red, sand, pin, card, far = checked.items.values()
    assert (red.title, red.price, red.sale_price, red.currency) == ("Scarf - Red", 30.0, 24.0, "EUR")
    assert (red.sale_starts_at_s, red.sale_ends_at_s) == (1_767_225_600.0, 1_769_904_000.0)
    assert (red.category, red.image_link, red.link, red.description) == (
        ("Wear", "Scarves"),
        "/a.jpg",
        "/?p=31",
        "Long scarf",
    )
    assert (red.item_group_id, red.color, sand.color, sand.item_group_id) == ("31", "Red", "Sand", "31")
    assert (sand.title, sand.image_link, sand.availability) == ("Scarf", "/s.jpg", "backorder")
    assert (pin.price, pin.availability, pin.hidden, card.hidden) == (1250.0, "out_of_stock", True, True)
    assert far.link == "https://far.example/p"
    assert [(complaint.place, complaint.item_id, complaint.message) for complaint in checked.rejected] == [
        (9, "60", "has no price: it cannot be shown")
    ]
    assert [complaint.code for complaint in feed.left_out] == ["variations_count", "group_alone"]
    assert feed.unread == ["is_featured"]


def test_the_sku_can_be_the_id_and_an_earlier_import_by_id_can_be_undone(tmp_path: Path) -> None:
    path = tmp_path / "wc-export.csv"
    path.write_text(EXPORT)
    checked = check_feed(read_feed(path, FeedOptions(id_column="SKU")))
    assert list(checked.items) == ["scarf-red", "33", "pin", "card", "far"]
    assert set(read_feed_ids(path)) == {"31", "32", "33", "40", "41", "42", "50", "60"}


def test_an_export_in_another_language_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "wc-export.csv"
    path.write_text(
        'ID,Typ,Artikelnummer,Name,Veröffentlicht,"Sichtbarkeit im Katalog",Beschreibung,Vorrätig?,Angebotspreis,'
        '"Regulärer Preis",Kategorien,Bilder,"Übergeordnetes Produkt","Attribut 1 Name","Attribut 1 Wert(e)",Position\n'
        '70,variable,schal,Schal,1,visible,Lang,1,,,"Mode > Schals",/a.jpg,,Farbe,"Rot, Sand",0\n'
        '71,variation,schal-rot,"Schal - Rot",1,visible,,1,"24,00","30,00",,,schal,Farbe,Rot,1\n'
        '72,simple,mütze,Mütze,0,visible,,0,,"1.250,00",Mode,,,,,2\n'
    )
    feed = read_feed(path, FeedOptions(currency="EUR"))
    scarf, hat = check_feed(feed).items.values()
    assert feed.kind == "a WooCommerce product export"
    assert (scarf.item_id, scarf.price, scarf.sale_price, scarf.color, scarf.item_group_id) == (
        "71",
        30.0,
        24.0,
        "Rot",
        "70",
    )
    assert (scarf.category, scarf.image_link, scarf.description) == (("Mode", "Schals"), "/a.jpg", "Lang")
    assert (hat.price, hat.availability, hat.hidden) == (1250.0, "out_of_stock", True)
    assert feed.unread == ["position"]
    by_sku = check_feed(read_feed(path, FeedOptions(id_column="Artikelnummer")))
    assert list(by_sku.items) == ["schal-rot", "mütze"]
