"""Currencies: codes, signs and words for them, as shops write them: the one table for prices and events."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from models.base.errors import InvalidError, show_value

_CODES: Final = frozenset(
    re.findall(
        "[A-Z]{3}",
        """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD CAD
        CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
        GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
        LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
        NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP
        STD STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VEF VES VND VUV WST XAF XCD
        XCG XOF XPF YER ZAR ZMW ZWG ZWL""",
    )
)
"""ISO 4217, and a few that ended lately."""
_WORDS: Final = """
    EUR € euro euros eura evro евро ευρώ
    GBP £ gb£ uk£ stg pounds
    USD us$ usd$ u$s
    CAD c$ ca$ cad$ can$ cdn$
    AUD a$ au$ aud$
    NZD nz$ nzd$
    HKD hk$ 港幣
    SGD s$ sg$
    TWD nt$ ntd 台幣
    BRL r$ reais real
    MXN mx$ mxn$ mex$
    ARS ar$
    CLP clp$
    COP col$ cop$
    UYU $u
    DOP rd$
    JMD j$
    TTD tt$
    XCD ec$
    PEN s/ soles
    PAB b/
    BOB bs
    PYG ₲ gs
    CRC ₡
    GTQ q
    INR ₹
    BDT ৳ tk taka
    LKR රු
    NPR रू नेरू
    IDR rp rupiah
    MYR rm ringgit
    PHP ₱
    THB ฿ baht บาท
    VND ₫ đ vnđ dong đồng
    KHR ៛
    LAK ₭
    MNT ₮
    CNY 元 圆 圓 人民币 人民幣 rmb cn¥ cny¥ yuan
    JPY 円 jp¥ yen
    KRW ₩ 원 won
    KZT ₸ тг тенге
    UZS сум soʻm so'm
    KGS сом
    AMD ֏ դր
    GEL ₾ ლარი
    AZN ₼
    ILS ₪ nis ש"ח שח
    TRY ₺ tl lira
    RUB ₽ р руб rub рублей рубля рубль rur
    BYN бел.руб
    UAH ₴ грн гривень гривні uah
    BGN лв лева lv
    MKD ден
    RSD дин din рсд
    BAM km
    HRK kn
    PLN zł zl zlotych złotych złote
    CZK kč kc korun korun.českých
    HUF ft forint
    RON lei leu
    CHF fr sfr franken chf
    SEK skr
    NOK nkr
    DKK dkr
    ISK íkr
    ZAR r
    NGN ₦
    GHS ₵ gh₵ gh¢
    KES ksh kshs
    TZS tsh
    UGX ush
    ETB birr
    EGP e£ le ج.م
    AED د.إ درهم
    SAR ر.س ⃁
    QAR ر.ق
    KWD د.ك
    BHD د.ب
    OMR ر.ع
    JOD د.أ د.ا jd
    IQD ع.د
    LBP ل.ل l.l
    MAD د.م
    TND د.ت dt
    DZD د.ج da
    LYD ل.د
    USD,AUD,CAD,NZD,HKD,SGD,MXN,TWD,ARS,CLP,COP $ dollar dollars
    JPY,CNY ¥
    SEK,NOK,DKK,ISK kr kronor kroner
    INR,PKR,LKR,NPR rs rupees
    XOF,XAF fcfa cfa f.cfa
    AED,MAD dh dhs dirham dirhams
    IRR,SAR,OMR,QAR,YER ریال ريال
    MXN,ARS,CLP,COP,PHP,UYU peso pesos
"""
"""Codes, and the signs and words for them; of several currencies the likeliest stands first."""
_MAX_TEXT: Final = 64
THREE_DECIMALS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def _plain(word: str) -> str:
    text = word if word.isascii() else unicodedata.normalize("NFKC", word)
    return "".join(text.casefold().replace(".", "").split())


_MEANT: Final = {
    _plain(word): tuple(codes.split(","))
    for codes, *words in map(str.split, _WORDS.strip().splitlines())
    for word in words
}


def is_currency_code(text: str) -> bool:
    """Whether a text is an ISO 4217 code, in any letters."""
    return text.upper() in _CODES


def currencies_of(text: str) -> tuple[str, ...]:
    """Give the ISO 4217 codes that a code, a sign or words may mean, the likeliest first; none for no currency.

    Several words have to agree: what all of them may mean is meant.

    >>> currencies_of("eur"), currencies_of("Kč"), currencies_of("kr."), currencies_of("pcs"), currencies_of("$ CAD")
    (('EUR',), ('CZK',), ('SEK', 'NOK', 'DKK', 'ISK'), (), ('CAD',))
    """
    return _currencies_of(text) if len(text) <= _MAX_TEXT else ()


@lru_cache(maxsize=1_024)
def _currencies_of(text: str) -> tuple[str, ...]:
    plain = _plain(text)
    if is_currency_code(plain):
        return (plain.upper(),)
    known = _MEANT.get(plain, ())
    words = text.split()
    if known or len(words) < 2:
        return known
    each = [_currencies_of(word) for word in words]
    return tuple(code for code in each[0] if all(code in codes for codes in each))


def parse_currency_code(value: object, field: str = "currency") -> str:
    """Read the code of one currency, as a code or a sign; raises `InvalidError`."""
    codes = currencies_of(value) if isinstance(value, str) else ()
    if len(codes) != 1:
        message = f"{field} must name a currency by its ISO 4217 code, such as EUR, got {show_value(value)}"
        raise InvalidError(f"{field}_invalid", message)
    return codes[0]
