"""Profile lifetime: how long a profile must live for what is judged by it."""

from typing import Final

WIN_BACK_DAYS: Final = 14.0
"""For so long after a visitor is lost, an offer to come back is open."""


def least_profile_days(lost_after_days: float, recency_days: float) -> float:
    """Give for how many days a profile must live for all that is judged by it: being won back, and recency.

    >>> least_profile_days(90.0, 365.0), least_profile_days(360.0, 365.0)
    (365.0, 374.0)
    """
    return max(lost_after_days + WIN_BACK_DAYS, recency_days)
