"""WooCommerce's columns: each language's head means the same, and columns of other kinds keep their names."""

import csv
import io

import pytest

from models.catalog.feed.columns import plain_name
from shopwindow.feeds.exports.woocommerce import is_woocommerce
from shopwindow.feeds.exports.woocommerce_columns import english_column

MEANT = [
    *("id", "type", "sku", "name", "published", "visibility_in_catalog", "short_description", "description"),
    *(
        "date_sale_price_starts",
        "date_sale_price_ends",
        "in_stock",
        "stock",
        "sale_price",
        "regular_price",
        "categories",
    ),
    *("images", "parent", "external_url", "attribute_1_name", "attribute_1_value_s", "gtin_upc_ean_or_isbn"),
]
HEADS = {
    "de": "ID,Typ,Artikelnummer,Name,Veröffentlicht,Sichtbarkeit im Katalog,Kurzbeschreibung,Beschreibung,"
    '"Datum, an dem Angebotspreis beginnt","Datum, an dem Angebotspreis endet",Vorrätig?,Lager,Angebotspreis,'
    "Regulärer Preis,Kategorien,Bilder,Übergeordnetes Produkt,Externe URL,Attribut 1 Name,Attribut 1 Wert(e),"
    '"GTIN, UPC, EAN oder ISBN"',
    "fr": "ID,Type,UGS,Nom,Publié,Visibilité dans le catalogue,Description courte,Description,Date de début de promo,"
    "Date de fin de promo,En stock ?,Stock,Tarif promo,Tarif régulier,Catégories,Images,Parent,URL externe,"
    'Nom de l’attribut 1,Valeur(s) de l’attribut 1,"GTIN, UPC, EAN ou ISBN"',
    "es": "ID,Tipo,SKU,Nombre,Publicado,Visibilidad en el catálogo,Descripción corta,Descripción,"
    "Día en que empieza el precio rebajado,Día en que termina el precio rebajado,¿Existencias?,Inventario,"
    "Precio rebajado,Precio normal,Categorías,Imágenes,Superior,URL externa,Nombre del atributo 1,"
    'Valor(es) del atributo 1,"GTIN, UPC, EAN o ISBN"',
    "it": "ID,Tipo,COD,Nome,Pubblicato,Visibilità nel catalogo,Breve descrizione,Descrizione,"
    "Data di partenza del prezzo in saldo,Termine data del prezzo di vendita,In stock?,Magazzino,Prezzo in offerta,"
    "Prezzo di listino,Categorie,Immagine,Genitore,URL esterna,Attributo 1 nome,Attributo 1 valore/i,"
    '"GTIN, UPC, EAN o ISBN"',
    "nl": "ID,Type,Artikelnummer,Naam,Gepubliceerd,Zichtbaarheid in catalogus,Korte beschrijving,Beschrijving,"
    "Startdatum actieprijs,Einddatum actieprijs,Op voorraad?,Voorraad,Actieprijs,Reguliere prijs,Categorieën,"
    'Afbeeldingen,Hoofd,Externe URL,Naam eigenschap 1,Waarde eigenschap 1,"GTIN, UPC, EAN of ISBN"',
    "pl": "ID,Rodzaj,SKU,Nazwa,Opublikowano,Widoczność w katalogu,Krótki opis,Opis,Data rozpoczęcia promocji,"
    "Data zakończenia promocji,Na stanie?,Magazyn,Cena promocyjna,Cena regularna,Kategorie,Obrazki,Nadrzędny,"
    'Zewnętrzny URL,Nazwa atrybutu 1,Wartość atrybutu 1,"GTIN, UPC, EAN lub ISBN"',
}


@pytest.mark.parametrize("language", HEADS)
def test_a_head_of_each_language_means_what_the_english_one_does(language: str) -> None:
    [head] = csv.reader(io.StringIO(HEADS[language]))
    names = [plain_name(cell) for cell in head]
    assert [english_column(name) for name in names] == MEANT
    assert is_woocommerce(names)


def test_other_columns_keep_their_names() -> None:
    for name in ("price", "attribute_1_visible", "attribut_1_sichtbar", "weight_kg", "meta_size_2", "id"):
        assert english_column(name) == name
    assert not is_woocommerce(["artikelnummer", "name", "regulärer_preis", "lagerstatus", "link"])
