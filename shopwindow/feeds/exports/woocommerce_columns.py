"""WooCommerce's columns: the export's head is written in the administrator's language, and means the same in each."""

import re
from functools import cache
from typing import Final

_TRANSLATED: Final = {
    "type": "typ tipo rodzaj typ_produktu type_de_produit",
    "sku": "artikelnummer art_nr ugs référence cod codice_prodotto numer_katalogowy",
    "name": "nom nombre nome naam nazwa",
    "published": "veröffentlicht publié publicado pubblicato gepubliceerd opublikowano opublikowany opublikowane",
    "visibility_in_catalog": """sichtbarkeit_im_katalog katalogsichtbarkeit visibilité_dans_le_catalogue
        visibilidad_en_el_catálogo visibilità_nel_catalogo zichtbaarheid_in_catalogus zichtbaarheid_in_de_catalogus
        widoczność_w_katalogu""",
    "short_description": """kurzbeschreibung description_courte descripción_corta breve_descrizione descrizione_breve
        korte_omschrijving korte_beschrijving krótki_opis""",
    "description": "beschreibung descripción descrizione beschrijving omschrijving opis",
    "date_sale_price_starts": """datum_an_dem_angebotspreis_beginnt datum_an_dem_der_angebotspreis_beginnt
        angebotspreis_gültig_ab date_de_début_de_promo día_en_que_empieza_el_precio_rebajado
        data_di_partenza_del_prezzo_in_saldo data_di_inizio_del_prezzo_in_saldo data_di_inizio_del_prezzo_in_offerta
        startdatum_actieprijs data_rozpoczęcia_promocji data_rozpoczęcia_ceny_promocyjnej
        początek_obowiązywania_ceny_promocyjnej""",
    "date_sale_price_ends": """datum_an_dem_angebotspreis_endet datum_an_dem_der_angebotspreis_endet
        angebotspreis_gültig_bis date_de_fin_de_promo día_en_que_termina_el_precio_rebajado
        termine_data_del_prezzo_di_vendita data_di_fine_del_prezzo_in_saldo data_di_fine_del_prezzo_in_offerta
        einddatum_actieprijs data_zakończenia_promocji data_zakończenia_ceny_promocyjnej
        koniec_obowiązywania_ceny_promocyjnej""",
    "in_stock": """vorrätig auf_lager lagerstatus en_stock existencias en_inventario hay_existencias in_magazzino
        op_voorraad na_stanie w_magazynie""",
    "stock": "lager bestand lagerbestand inventario magazzino giacenza voorraad magazyn stan_magazynowy zapasy",
    "sale_price": """angebotspreis tarif_promo prix_promo precio_rebajado precio_de_oferta prezzo_in_offerta
        prezzo_scontato actieprijs cena_promocyjna""",
    "regular_price": """regulärer_preis normaler_preis tarif_régulier prix_régulier precio_normal precio_regular
        prezzo_di_listino prezzo_regolare reguliere_prijs normale_prijs cena_regularna cena_podstawowa""",
    "categories": "kategorien catégories categorías categorias categorie categorieën kategorie",
    "images": "bilder imágenes imagenes immagine immagini afbeeldingen obrazki obrazy zdjęcia",
    "parent": """übergeordnetes_produkt eltern_produkt superior producto_superior genitore hoofd bovenliggend
        nadrzędny produkt_nadrzędny rodzic""",
    "external_url": "externe_url url_externe url_externa url_esterna url_esterno zewnętrzny_url zewnętrzny_adres_url",
    "brands": "marken marques marcas marchi merken marki",
}
"""The head in German, French, Spanish, Italian, Dutch and Polish, by its English name; releases word some otherwise."""
_ENGLISH: Final = {word: name for name, words in _TRANSLATED.items() for word in words.split()}
_ATTRIBUTE: Final = re.compile(r"(\D+?)_?(\d{1,2})(?:_(\D+))?")
_NAMES_OF_IT: Final = ("name", "nom", "nombre", "nome", "naam", "nazwa")
_VALUES_OF_IT: Final = ("wert", "valeur", "valor", "valore", "valuta", "waarde", "wartość", "wartości", "value")
_ATTRIBUTE_WORDS: Final = ("attribut", "atribut", "atrybut", "eigenschap", "eigenschaft", "attribute", "l_attribut")


@cache
def english_column(name: str) -> str:
    """Give the English plain name of a column of the export; one that is none keeps its own.

    >>> english_column("regulärer_preis"), english_column("nom_de_l_attribut_1"), english_column("attribut_2_wert_e")
    ('regular_price', 'attribute_1_name', 'attribute_2_value_s')
    """
    if name in _ENGLISH:
        return _ENGLISH[name]
    if name.startswith("gtin_upc_ean"):
        return "gtin_upc_ean_or_isbn"
    found = _ATTRIBUTE.fullmatch(name)
    if found is None:
        return name
    words = f"{found[1]}_{found[3] or ''}".split("_")
    if not any(word.startswith(_ATTRIBUTE_WORDS) for word in words):
        return name
    if any(word in _NAMES_OF_IT for word in words):
        return f"attribute_{found[2]}_name"
    return f"attribute_{found[2]}_value_s" if any(word in _VALUES_OF_IT for word in words) else name
