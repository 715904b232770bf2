"""Privacy signals: what browsers ask of every site by themselves, Global Privacy Control and Do Not Track."""

from typing import Final, Literal, get_args

PrivacySignals = Literal["honour", "ignore"]
PRIVACY_SIGNALS: Final[tuple[PrivacySignals, ...]] = get_args(PrivacySignals)
"""Whether they count as a denial to store anything, where a page says neither yes nor no."""
