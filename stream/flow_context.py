"""Flow context: what every flow of a process is given."""

from dataclasses import dataclass

from store.log.log import EventLog
from stream.dead_letter_writer import DeadLetterWriter
from stream.retry import Stop


@dataclass(frozen=True, slots=True)
class FlowContext:
    """What a flow reads, for whom, and until when.

    Parameters
    ----------
    log
        The event log it reads, and in which it tells what came of it.
    sites
        Sites served; an event of another is none of ours.
    max_records
        Records in a micro-batch, at most.
    stop
        Ends the flow, and waiting, once set.
    dead_letters
        Where it sets aside what it cannot use.
    """

    log: EventLog
    sites: frozenset[str]
    max_records: int
    stop: Stop
    dead_letters: DeadLetterWriter
