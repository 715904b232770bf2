"""Encodings: the languages of Europe are told apart by their letters, in a few words of a feed."""

import pytest

from shopwindow.feeds.encodings import guess_encoding

WESTERN = [
    "Küchenmesser, groß, für Käse und Brötchen",
    "Théière à l'ancienne, décorée, été",
    "Cuchillo pequeño, ¿cuál?, edición española",
    "Caffettiera piccola, qualità più alta, perché no",
    "Panela média, edição com tampão, não é avó",
    "Smörgåsbord, räkor, kött; brød, pålæg, køkken",
    "Kuivauskääpä, jäätelö",
    "Crème brûlée for 2, café",
    "Kiste 3m³ für 20° und ½ Preis",
    "Œuvre d'art, cœur",
]
CENTRAL = [
    "Łóżko drewniane, pościel, świeże jabłko",
    "Nůž kuchyňský, příbor, šálek, žlutý",
    "Pohár na víno, ľan, kôš, čučoriedky, mäkký",
    "Konyhakés, főzőedény, gyűrű, bögre",
    "Cuțit, față de masă".replace("ț", "ţ"),
    "Šalica, nož, čaša, đumbir, ćup",
]


@pytest.mark.parametrize("text", WESTERN)
def test_languages_of_the_west_are_in_its_encoding(text: str) -> None:
    assert guess_encoding(text.encode("windows-1252")) == "windows-1252"


@pytest.mark.parametrize("text", CENTRAL)
@pytest.mark.parametrize("encoding", ["windows-1250", "iso-8859-2"])
def test_languages_of_central_europe_are_read_as_written(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert data.decode(guess_encoding(data)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Çaydanlık, bıçak, şeker, İyi günler, ağaç", "windows-1254"),
        ("Puodukas, šaukštas, žąsis, ėdalas, įrankių", "windows-1257"),
        ("Tējkanna, šķīvis, ķēde, ūdens, ņemt", "windows-1257"),
    ],
)
def test_and_so_are_those_of_turkey_and_the_baltic(text: str, encoding: str) -> None:
    assert guess_encoding(text.encode(encoding)) == encoding


def test_without_a_letter_of_its_own_a_text_is_western() -> None:
    assert guess_encoding(b"") == guess_encoding(b"plain") == guess_encoding("5 € – “new”".encode("cp1252"))
    assert guess_encoding(b"") == "windows-1252"
