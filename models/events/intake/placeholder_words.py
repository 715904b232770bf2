"""Placeholder words: what stands for nobody in the languages shops' programs are written in.

All are in lower case; accents count neither here nor in what is compared with them.
"""

from typing import Final

NOTHINGS: Final = frozenset({"undefined", "null", "nan", "none", "nil", "objectobject"})
"""What languages of programs write for nothing."""
NO_ONE: Final = frozenset(
    {
        "guest", "anonymous", "anon", "unknown", "unregistered", "not", "no", "default", "test", "dummy", "your", "my",
        "insert", "optional", "without", "non", "unidentified", "logged", "blank", "empty",
    }
)  # fmt: skip
"""What words of nobody begin with, before nouns of what an id is of."""
NOUNS: Final = frozenset(
    {
        "user", "customer", "checkout", "visitor", "account", "buyer", "shopper", "client", "member", "order",
        "session", "id", "login", "email", "name", "uid", "here", "provided", "available", "set", "in", "out",
        "specified", "found", "applicable", "defined", "given", "known", "assigned", "registered", "value", "consent",
        "person", "guest",
    }
)  # fmt: skip
WORDS: Final = NOTHINGS | frozenset(
    {
        "", "na", "void", "object", "objectundefined", "objectnull", "function", "promise", "symbol", "infinity",
        "true", "false", "guest", "guestuser", "anonymous", "anonymoususer", "anon", "unknown", "notset",
        "notavailable",
        "notloggedin", "loggedout", "unset", "empty", "blank", "missing", "default", "test", "testuser", "dummy",
        "example", "sample", "placeholder", "todo", "tbd", "xxx", "user", "userid", "username", "visitor", "visitorid",
        "customer", "customerid", "clientid", "deviceid", "anonymousid", "sessionid", "id", "uid", "uuid", "string",
        "optedout", "optout", "noconsent", "denied", "redacted", "nouser", "noid", "nobody", "unidentified",
        # guests, visitors and customers of other languages
        "gast", "besucher", "kunde", "unbekannt", "unbekannter", "anonym", "anonymer",
        "invite", "visiteur", "inconnu", "anonyme", "invitado", "visitante", "desconocido", "anonimo", "cliente",
        "convidado", "desconhecido", "ospite", "visitatore", "sconosciuto", "gastgebruiker", "bezoeker", "onbekend",
        "anoniem", "klant", "gosc", "odwiedzajacy", "nieznany", "anonimowy", "klient", "host", "navstevnik", "neznamy",
        "vendeg", "ismeretlen", "oaspete", "vizitator", "necunoscut", "gjest", "gest", "okand", "ukendt", "ukjent",
        "vieras", "tuntematon", "misafir", "ziyaretci", "anonim", "bilinmiyor", "επισκέπτης", "άγνωστος",
        "гость", "аноним", "неизвестно", "неизвестный", "пользователь", "посетитель", "гість", "анонім", "невідомий",
        "游客", "访客", "匿名", "匿名用户", "未知", "未登录", "訪客", "遊客", "未知用户", "空",
        "ゲスト", "ゲストユーザー", "不明", "非会員", "게스트", "비회원", "손님", "익명",
        "زائر", "ضيف", "مجهول", "אורח", "אנונימי", "khách", "pengunjung", "tamu",
    }
)  # fmt: skip
PREFIXES: Final = frozenset(
    {
        "u", "c", "v", "d", "s", "p", "user", "customer", "client", "visitor", "device", "member", "account", "id",
        "uid", "cid", "uuid", "urn", "gid", "shopify", "shop", "store", "site", "web", "app", "profile", "contact",
        "person",
        "lead", "buyer", "shopper", "session", "anonymous", "guest", "optional", "wp", "magento", "crm", "hs", "ga",
    }
)  # fmt: skip
"""What may stand before nothing and say of what it is the id."""
SHEET_ERRORS: Final = frozenset({"\\n", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#n/a", "#error!"})
"""What databases and spreadsheets export where there is nothing."""
