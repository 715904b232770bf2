"""Names and lifetimes of the event log's keys in Redis.

What belongs to one partition carries the hash tag `{<log>/<partition>}`, what belongs to a whole log or a group
`{<log>}`: every script touches a single slot.
"""

import re

from models.base.durations import DAY_S

# Beyond the 90 days that a profile lives, since profiles name positions: a log that went quiet must not restart at 1
# while anything still names a position in it.
KEPT_S = 400 * DAY_S

_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")


def valid_name(name: str) -> str:
    """Return `name` if both servers can hold a log called so, else raise `ValueError`.

    >>> valid_name("shopwindow.events")
    'shopwindow.events'
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"log name {name!r}: 1 to 200 of the characters A-Z a-z 0-9 . _ - are allowed")
    return name


def partition_count(log: str) -> str:
    """Number of partitions, written once."""
    return f"log:{{{log}}}:partitions"


def generation(log: str) -> str:
    """Name of this life of the log, made beside the number of partitions."""
    return f"log:{{{log}}}:generation"


def lives(log: str) -> str:
    """Hash: what the offsets of each life of a topic are added to, by its id; and the highest position noted."""
    return f"log:{{{log}}}:lives"


def members(log: str, group: str) -> str:
    """Sorted set: live members of a group, scored by the server time (ms) until which each counts as live."""
    return f"log:{{{log}}}:members:{group}"


def records(log: str, partition: int) -> str:
    """Stream of one partition.

    >>> records("events", 3)
    'log:{events/3}:records'
    """
    return f"log:{{{log}/{partition}}}:records"


def groups(log: str, partition: int) -> str:
    """Hash: group to the position it has committed."""
    return f"log:{{{log}/{partition}}}:groups"


def lease(log: str, partition: int, group: str) -> str:
    """Member that may read and commit the partition now; gone when it stops renewing."""
    return f"log:{{{log}/{partition}}}:lease:{group}"


def holders(log: str, partition: int) -> str:
    """Hash: group to the member that held the lease last, live or not."""
    return f"log:{{{log}/{partition}}}:holders"
