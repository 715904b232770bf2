"""Groups on a log on Redis: members that lease whole partitions.

These are not Redis consumer groups, which would hand out single entries to whoever asks first and so lose the order of
a partition; one position a partition is all a group stores.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from models.base.durations import HOUR_S
from store.log import log_keys
from store.log.log import Batch, LogRecreatedError, LogUnavailableError
from store.log.redis_reader import BLOCK_S, read_records
from store.log.redis_server import RedisServer, ScriptCall, redis_errors_translated
from store.lua import read_script

_LOGGER = logging.getLogger(__name__)

_CLAIM_EVERY_S: Final = 0.1  # pause between tries for a partition that its last reader has not released yet
_MEMBER_KEPT_S: Final = HOUR_S


class _RenewArguments(NamedTuple):
    """ARGV of `renew_membership.lua`, in its order."""

    member: str
    timeout_ms: int
    lifetime_s: int


class _ClaimKeys(NamedTuple):
    """KEYS of `claim_lease.lua`, in its order."""

    lease: str
    holders: str
    groups: str
    records: str


class _ClaimArguments(NamedTuple):
    """ARGV of `claim_lease.lua`, in its order."""

    group: str
    member: str
    timeout_ms: int
    lifetime_s: int


class _Claim(NamedTuple):
    """What `claim_lease.lua` returns, in its order."""

    held: int
    same: int
    committed: int
    end: int


class _CommitKeys(NamedTuple):
    """KEYS of `commit_position.lua`, in its order."""

    groups: str
    lease: str


class _CommitArguments(NamedTuple):
    """ARGV of `commit_position.lua`, in its order."""

    group: str
    position: int
    lifetime_s: int
    member: str


@dataclass(slots=True, eq=False)
class _Lease:
    position: int  # of the last record returned
    ends_at_s: float  # monotonic, by our clock; never later than the server's own end of the lease


class RedisGroupConsumer:
    """One member of a group; made by `RedisLog.consume`.

    A thread keeps the membership and the leases alive, so that a long micro-batch costs nothing, while a process that
    is stopped or killed loses its partitions after the session timeout. A partition that has to move on is released
    between two polls, when the caller has had its chance to commit; a caller that does not come back loses it after
    the timeout.
    """

    def __init__(self, server: RedisServer, name: str, partitions: int, group: str, session_timeout_s: float) -> None:
        self._server = server
        self._name = name
        self._partitions = partitions
        self._group = group
        self._timeout_s = session_timeout_s
        self._member = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._leases: dict[int, _Lease] = {}
        self._parted: dict[int, int] = {}  # where we were when a lease lapsed: good as long as nobody else read on
        self._leaving: dict[int, float] = {}  # partitions to release at the next poll, or at this monotonic time
        self._failure: Exception | None = None
        self._turn = 0
        self._changed = threading.Condition()  # guards the five above
        self._moving = threading.Lock()  # one claim or release of leases at a time; taken before `_changed`
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name=f"log-{group}", daemon=True)
        self._thread.start()

    @property
    def assignment(self) -> frozenset[int]:
        """Partitions whose lease this member holds now."""
        now_s = time.monotonic()
        with self._changed:
            return frozenset(partition for partition, lease in self._leases.items() if now_s < lease.ends_at_s)

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived in the partitions held; see `LogReader`."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._release_leaving()
            with self._changed:
                if isinstance(self._failure, LogRecreatedError):
                    raise self._failure
                now_s = time.monotonic()
                held = {p: lease for p, lease in self._leases.items() if now_s < lease.ends_at_s}
                if not held:
                    if now_s >= deadline_s:
                        if self._failure is not None:
                            raise LogUnavailableError(str(self._failure)) from self._failure
                        return []
                    self._changed.wait(min(BLOCK_S, deadline_s - now_s))
                    continue
                positions = {p: lease.position for p, lease in held.items()}
            self._turn += 1
            left_s = deadline_s - time.monotonic()
            batches = read_records(self._server, self._name, positions, max_records, left_s, self._turn)
            batches = [batch for batch in batches if self._advance(batch, held[batch.partition])]
            if batches or time.monotonic() >= deadline_s:
                return batches

    def commit(self, positions: Mapping[int, int]) -> None:
        """Record positions for the partitions still held; see `GroupConsumer`."""
        self._server.execute(
            [commit_call(self._name, self._group, partition, at, self._member) for partition, at in positions.items()]
        )

    def close(self) -> None:
        """Leave the group: the partitions are free at once."""
        if self._closed.is_set():
            return
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()
        try:
            self._release(range(self._partitions))
            with redis_errors_translated():
                self._server.client.zrem(log_keys.members(self._name, self._group), self._member)
        except LogUnavailableError:
            _LOGGER.warning("log %s: left group %s without the server; its leases lapse", self._name, self._group)
        self._server.close()

    def _advance(self, batch: Batch, lease: _Lease) -> bool:
        # We may have been stopped while reading: then the lease lapsed, another may read the same records.
        with self._changed:
            if self._leases.get(batch.partition) is not lease or time.monotonic() >= lease.ends_at_s:
                return False
            lease.position = batch.last_position
            return True

    def _release_leaving(self) -> None:
        if not self._leaving:
            return
        with self._moving:
            with self._changed:
                leaving = [partition for partition in self._leaving if self._leases.pop(partition, None)]
                self._leaving.clear()
            self._release(leaving)

    def _release(self, partitions: Sequence[int]) -> None:
        keys = [log_keys.lease(self._name, partition, self._group) for partition in partitions]
        self._server.execute([ScriptCall(read_script("release_lease"), [key], [self._member]) for key in keys])

    def _keep_alive(self) -> None:
        while not self._closed.is_set():
            failure: Exception | None = None
            waiting = False
            try:
                waiting = self._renew()
            except (LogUnavailableError, LogRecreatedError) as error:
                failure = error
            except Exception as error:
                _LOGGER.exception("log %s: group %s cannot renew its leases", self._name, self._group)
                failure = error
            with self._changed:
                self._failure = failure
                self._changed.notify_all()
            pause_s = min(_CLAIM_EVERY_S if waiting or failure else 0.5, self._timeout_s / 6)
            self._closed.wait(pause_s)

    def _renew(self) -> bool:
        """Renew membership and leases; True while a partition we should have is not ours yet."""
        timeout_ms = int(self._timeout_s * 1000)
        key = log_keys.members(self._name, self._group)
        arguments = _RenewArguments(self._member, timeout_ms, _MEMBER_KEPT_S)
        [live] = self._server.execute([ScriptCall(read_script("renew_membership"), [key], arguments)])
        members = sorted(member.decode() for member in live)
        ours = {p for p in range(self._partitions) if members[p % len(members)] == self._member}
        with self._moving:
            overdue = self._part_from(ours)
            if overdue:
                self._release(overdue)
            with self._changed:
                wanted = sorted(ours | set(self._leases))
                known = self._parted | {partition: lease.position for partition, lease in self._leases.items()}
            ends_at_s = time.monotonic() + self._timeout_s  # before the server starts counting, so ours ends first
            claims = self._server.execute([self._claim_call(partition, timeout_ms) for partition in wanted])
            with self._changed:
                for partition, answer in zip(wanted, claims, strict=True):
                    claim = _Claim(*answer)
                    lease = self._leases.get(partition)
                    if claim.held and claim.same and lease is not None:
                        lease.ends_at_s = ends_at_s
                    elif claim.held and partition in ours:
                        place = self._parted.get(partition, claim.committed) if claim.same else claim.committed
                        self._leases[partition] = _Lease(place, ends_at_s)
                    else:
                        self._leases.pop(partition, None)
                    self._parted.pop(partition, None)
                    place = max(known.get(partition, 0), claim.committed)
                    if claim.held and place > claim.end:
                        raise LogRecreatedError(self._name, partition, place, claim.end)
                return any(partition not in self._leases for partition in ours)

    def _part_from(self, ours: set[int]) -> list[int]:
        """Drop leases that ran out, and mark those that now belong to others; returns those marked for too long."""
        now_s = time.monotonic()
        with self._changed:
            for partition in [p for p, lease in self._leases.items() if now_s >= lease.ends_at_s]:
                # the claim will tell whether another member has read since; if none has, we go on from here.
                self._parted[partition] = self._leases.pop(partition).position
            overdue = [p for p, until_s in self._leaving.items() if p not in ours and now_s >= until_s]
            for partition in overdue:
                self._leases.pop(partition, None)
            marked = [partition for partition in self._leases if partition not in ours]
            self._leaving = {p: self._leaving.get(p, now_s + self._timeout_s) for p in marked}
        return overdue

    def _claim_call(self, partition: int, timeout_ms: int) -> ScriptCall:
        keys = _ClaimKeys(
            lease=log_keys.lease(self._name, partition, self._group),
            holders=log_keys.holders(self._name, partition),
            groups=log_keys.groups(self._name, partition),
            records=log_keys.records(self._name, partition),
        )
        arguments = _ClaimArguments(self._group, self._member, timeout_ms, log_keys.KEPT_S)
        return ScriptCall(read_script("last_position", "claim_lease"), keys, arguments)


def commit_call(log: str, group: str, partition: int, position: int, member: str = "") -> ScriptCall:
    """Ask to note how far a group has come; with a member named, only while it holds the lease."""
    keys = _CommitKeys(log_keys.groups(log, partition), log_keys.lease(log, partition, group))
    arguments = _CommitArguments(group, position, log_keys.KEPT_S, member)
    return ScriptCall(read_script("commit_position"), keys, arguments)
