"""Availability: whether a product can be ordered, in the words of feeds, shop systems and languages."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORDS: Final[dict[str, str]] = {
    "in_stock": """
        instock available availablefororder availabletoorder availablenow availableonline onstock stock yes y
        true t on
        enabled active onlineonly instoreonly madetoorder readytoship shipsnow immediate
        auflager lager lagernd aufvorrat vorratig verfugbar sofortverfugbar lieferbar sofortlieferbar ja
        enstock disponible disponibile oui si sim enexistencia existencias hay emestoque disponivel inmagazzino
        opvoorraad voorradig leverbaar ilager palager finnsilager tillganglig pa_lager tilgjengelig varastossa
        saatavilla
        skladem naskladě nasklade skladom dostupne dostepny dostepne dostepna wmagazynie namagazynie tak
        raktaron keszleten elerheto
        instoc nastanju nazalogi stokta stoktavar mevcut var
        вналичии естьвналичии наличност внаявності євнаявності наскладе доступно да есть
        有货 有貨 现货 現貨 在庫あり 재고있음 متوفر متاح במלאי
    """,
    "out_of_stock": """
        outofstock outstock oos nostock soldout comingsoon discontinued unavailable notavailable notinstock no
        n false f none off
        disabled inactive archived deleted retired endoflife reserved ended
        ausverkauft nichtauflager nichtvorratig nichtverfugbar nichtlieferbar vergriffen nein
        rupture rupturedestock enrupture enrupturedestock horsstock epuise indisponible nondisponible non
        agotado sinstock sinexistencias nodisponible esaurito nondisponibile esgotado indisponivel semestoque
        nao
        uitverkocht nietopvoorraad nietleverbaar slutsald slutilager slut ejilager utsolgt ikkepalager udsolgt
        loppu loppuunmyyty eivarastossa
        vyprodano neniskladem vypredane nedostupne niedostepny niedostepne niedostepna brak brakwmagazynie
        wyprzedane nie
        elfogyott nincskeszleten nincsraktaron nemelerheto stocepuizat indisponibil nemanastanju nizalogi
        tukendi stoktayok yok нетвналичии неналичен немаєвнаявності немавнаявності отсутствует распродано
        продано нет
        缺货 缺貨 售罄 无货 品切れ 在庫なし 売り切れ 품절 נגמר غيرمتوفر نفد
    """,
    "preorder": """
        preorder preorders presale prebuy vorbestellung vorbestellbar vorbestellen precommande
        reserva preventa preordine prevendita prevenda reservering forhandsbokning forhandsbestilling
        forudbestilling
        ennakkotilaus predobjednavka przedsprzedaz elorendeles onsiparis предзаказ передзамовлення 预售 預購
        予約 予約受付中
    """,
    "backorder": """
        backorder backordered backorders onbackorder backorderable availableonbackorder onorder onrequest
        specialorder
        nachbestellt nachlieferbar nachbestellbar aufbestellung aufanfrage bestellbar surcommande bajopedido
        suordinazione sobencomenda opbestelling nabestelling bestallningsvara bestillingsvare tilaustuote
        naobjednavku
        nazamowienie rendelesre подзаказ підзамовлення 取り寄せ
    """,
    "limited_availability": """
        limitedavailability limited limitedstock lowstock lowinstock fewleft onlyafewleft lastpieces laststock
        lastitems
        geringerbestand wenigevorrat nurnochwenige stocklimite stockfaible pocasunidades pocheunita ultimepezzi
        fatillager beperktevoorraad ostatnisztuki posledniekusy malo
    """,
}
_SCHEMA: Final = re.compile(r"^\s*https?://(?:www\.)?schema\.org/", re.IGNORECASE)
_MAX_TEXT: Final = 200
_NUMBER: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def _plain(text: str) -> str:
    """Letters and digits alone, small, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o").replace("ı", "i"))
    return "".join(sign for sign in apart if sign.isalnum())


_STATES: Final = {_plain(word): state for state, words in _WORDS.items() for word in words.split()}


def read_availability(value: object) -> str | None:
    """Give one of ours for a word, a number of pieces, or true and false; None for what is none of them.

    >>> read_availability("https://schema.org/InStock"), read_availability("Épuisé"), read_availability("in stock (3)")
    ('in_stock', 'out_of_stock', 'in_stock')
    >>> read_availability(0), read_availability("12"), read_availability("ask us")
    ('out_of_stock', 'in_stock', None)
    """
    if isinstance(value, bool):
        return "in_stock" if value else "out_of_stock"
    if isinstance(value, (int, float)):
        return "in_stock" if value > 0 else "out_of_stock"
    if isinstance(value, list) and len(value) == 1:
        return read_availability(value[0])
    return _state_of(value) if isinstance(value, str) and len(value) <= _MAX_TEXT else None


@lru_cache(maxsize=4_096)
def _state_of(written: str) -> str | None:
    text = _SCHEMA.sub("", written)
    known = _STATES.get(_plain(text))
    if known is not None:
        return known
    pieces = _NUMBER.findall(text)
    words = _plain(_NUMBER.sub("", text))
    if len(pieces) != 1 or not (words in _STATES or words in ("", "pcs", "pieces", "left", "stk", "stuck", "st")):
        return None
    if float(pieces[0].replace(",", ".")) <= 0:
        return "out_of_stock"
    return _STATES.get(words, "in_stock")
