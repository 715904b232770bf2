"""The event log on Redis Streams (Redis 6.2 or newer).

Stream ids are `<position>-0`, given by the script that appends, so positions stay dense whoever writes.
Groups are not Redis consumer groups, which would hand out single entries to whoever asks first and so lose the order of
a partition. Here a member leases whole partitions and one position a partition is all a group stores.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)
from redis.retry import Retry

from models.base.durations import DAY_S
from store.log import log_keys
from store.log.log import Batch, LogRecreatedError, LogUnavailableError, PartitionCountError, Record

_LOGGER = logging.getLogger(__name__)

REDIS_TIMEOUT_S = 2.0  # a healthy server answers within milliseconds
BLOCK_S = 0.25  # longest single wait on the server: how soon a poll notices that its partitions changed
CLAIM_EVERY_S = 0.1  # pause between tries for a partition that its last reader has not released yet
CHECK_EVERY_S = 1.0  # how often a reader asks whether what it has read is still there
MEMBER_KEPT_S = 3600

_LAST = """
local function last(key)
  if redis.call('EXISTS', key) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
  end
end
"""

# Retention first looks at the oldest record alone. Only when that is too old does it look further on, in falling steps,
# so that one append drops no more than twice what it adds or 1,000 records, whichever is more.
_APPEND = (
    _LAST
    + """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local cutoff_ms = now_ms - tonumber(ARGV[1])
local count = #ARGV - 2
local before = last(KEYS[1])
local stamp = string.format('%.0f', now_ms)
for i = 1, count do
  redis.call('XADD', KEYS[1], string.format('%.0f-0', before + i), 'v', ARGV[i + 2], 't', stamp)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
local function peek(from)
  local entry = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  return tonumber(string.match(entry[1], '^%d+')), tonumber(entry[2][4])
end
local oldest, at_ms = peek('-')
if at_ms < cutoff_ms then
  for _, step in ipairs({math.max(1000, 2 * count), 100, 10, 1}) do
    if oldest + step <= before + count then
      local id = string.format('%.0f-0', oldest + step)
      local _, further_ms = peek(id)
      if further_ms < cutoff_ms then
        redis.call('XTRIM', KEYS[1], 'MINID', '=', id)
        break
      end
    end
  end
end
return before + count
"""
)

_BOUNDS = (
    _LAST
    + """
local newest = last(KEYS[1])
local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not entry then return {newest + 1, newest} end
return {tonumber(string.match(entry[1], '^%d+')), newest}
"""
)

_HEARTBEAT = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms + ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now_ms))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""

# Answers {held, nobody else held it since this member last did, committed, last position}. The second decides whether
# the member may go on from the place it remembers after its lease had lapsed.
_CLAIM = (
    _LAST
    + """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then return {0, 0, 0, 0} end
local same = redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2]
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return {1, same and 1 or 0, tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0), last(KEYS[4])}
"""
)

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

# With a member named, only the holder of the lease may commit. A position never moves backwards.
_COMMIT = """
if ARGV[4] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[4] then return 0 end
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class RedisLog:
    """A log of `partitions` Redis streams; an `EventLog`.

    Appends and reads run on connections of its own, made from the client's settings but without its retries: a repeated
    append would store its records twice.

    Parameters
    ----------
    client
        Names the server. Stays the caller's to close.
    name
        Letters, digits, `.`, `_` and `-`.
    partitions
        At least 1; fixed by whoever opens the log first.
    retention_s
        Age in seconds, by the server's clock, beyond which records are dropped as new ones arrive.
    session_timeout_s
        Silence in seconds after which a member of a group loses its partitions.
    """

    def __init__(
        self,
        client: redis.Redis,
        name: str,
        partitions: int,
        retention_s: float,
        session_timeout_s: float = 3.0,
    ) -> None:
        if partitions < 1:
            raise ValueError(f"partitions must be at least 1, got {partitions}")
        if retention_s <= 0:
            raise ValueError(f"retention_s must be above 0, got {retention_s}")
        if session_timeout_s <= 0:
            raise ValueError(f"session_timeout_s must be above 0, got {session_timeout_s}")
        self._name = log_keys.valid_name(name)
        self._partitions = partitions
        self._retention_ms = int(retention_s * 1000)
        self._session_timeout_s = session_timeout_s
        self._source = client
        self._server = _Server(client)
        self._count_renewed_at_s = time.monotonic()
        key = log_keys.partition_count(self._name)
        try:
            with _translated():
                self._server.client.set(key, partitions, nx=True, ex=log_keys.KEPT_S)
                existing = self._server.client.getex(key, ex=log_keys.KEPT_S)
            if existing is not None and int(existing) != partitions:
                raise PartitionCountError(self._name, int(existing), partitions)
        except BaseException:
            self._server.close()
            raise

    @property
    def name(self) -> str:
        """The log's name, part of each of its keys."""
        return self._name

    @property
    def partitions(self) -> int:
        """How many partitions; never changes."""
        return self._partitions

    def append(self, records: Sequence[tuple[int, bytes]]) -> list[int]:
        """Append `(partition, value)` pairs, the records of one partition all or none; see `EventLog`."""
        indexes: dict[int, list[int]] = {}
        for index, (partition, _) in enumerate(records):
            if not 0 <= partition < self._partitions:
                raise ValueError(f"partition {partition} of log {self._name!r}: it has {self._partitions}, from 0")
            indexes.setdefault(partition, []).append(index)
        calls = [
            _Call(
                _APPEND,
                [log_keys.records(self._name, partition)],
                [self._retention_ms, log_keys.KEPT_S, *(records[index][1] for index in group)],
            )
            for partition, group in indexes.items()
        ]
        positions = [0] * len(records)
        for group, last in zip(indexes.values(), self._server.run(calls), strict=True):
            for position, index in enumerate(group, start=last - len(group) + 1):
                positions[index] = position
        self._renew_partition_count()
        return positions

    def consume(self, group: str) -> "RedisGroupConsumer":
        """Join `group`; partitions arrive during the first polls."""
        return RedisGroupConsumer(_Server(self._source), self._name, self._partitions, group, self._session_timeout_s)

    def read(self, after: Mapping[int, int]) -> "RedisReader":
        """Follow partitions from just after given positions; see `EventLog`."""
        ends = self.ends()
        for partition, position in after.items():
            if position > ends[partition]:
                raise _recreated(self._name, partition, position, ends[partition])
        return RedisReader(_Server(self._source), self._name, after)

    def ends(self) -> list[int]:
        """Position of the newest record of each partition; see `EventLog`."""
        return [end for _, end in self._bounds()]

    def starts(self) -> list[int]:
        """Position of the oldest record kept of each partition; see `EventLog`."""
        return [start for start, _ in self._bounds()]

    def committed(self, group: str) -> list[int]:
        """Position each partition is committed to by `group`, 0 where it never was."""
        with _translated(), self._server.client.pipeline(transaction=False) as pipe:
            for partition in range(self._partitions):
                pipe.hget(log_keys.groups(self._name, partition), group)
            return [int(position or 0) for position in pipe.execute()]

    def commit(self, group: str, positions: Mapping[int, int]) -> None:
        """Commit for a group without members; a position never moves backwards."""
        self._server.run([_commit_call(self._name, group, partition, at) for partition, at in positions.items()])

    def truncate(self, before: Mapping[int, int]) -> None:
        """Drop the records of each partition older than the position given."""
        with _translated(), self._server.client.pipeline(transaction=False) as pipe:
            for partition, position in before.items():
                pipe.xtrim(log_keys.records(self._name, partition), minid=f"{position}-0", approximate=False)
            pipe.execute()

    def close(self) -> None:
        """Close this log's connections. Consumers and readers made from it have their own."""
        self._server.close()

    def _bounds(self) -> list[tuple[int, int]]:
        keys = [log_keys.records(self._name, partition) for partition in range(self._partitions)]
        return [(start, end) for start, end in self._server.run([_Call(_BOUNDS, [key], []) for key in keys])]

    def _renew_partition_count(self) -> None:
        # Once a day is plenty for a key that lives 400; it sits in another slot than the streams.
        if time.monotonic() - self._count_renewed_at_s > DAY_S:
            self._count_renewed_at_s = time.monotonic()
            with _translated():
                key = log_keys.partition_count(self._name)
                self._server.client.set(key, self._partitions, ex=log_keys.KEPT_S)


class RedisReader:
    """Follows partitions on its own; made by `RedisLog.read`."""

    def __init__(self, server: "_Server", name: str, after: Mapping[int, int]) -> None:
        self._server = server
        self._name = name
        self._positions = dict(after)
        self._turn = 0
        self._check_at_s = 0.0

    def poll(self, max_records: int, timeout_s: float) -> list[Batch]:
        """Return what has arrived; see `LogReader`."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                if time.monotonic() >= self._check_at_s:
                    self._check()
                left_s = deadline_s - time.monotonic()
                self._turn += 1
                batches = _xread(self._server, self._name, self._positions, max_records, left_s, self._turn)
            except LogUnavailableError:
                self._check_at_s = 0.0  # it may come back without what we have read
                raise
            for batch in batches:
                self._positions[batch.partition] = batch.last_position
            if batches or time.monotonic() >= deadline_s:
                return batches
            if not self._positions:
                time.sleep(max(0.0, deadline_s - time.monotonic()))

    def close(self) -> None:
        """Release the connection."""
        self._server.close()

    def _check(self) -> None:
        calls = [_Call(_BOUNDS, [log_keys.records(self._name, partition)], []) for partition in self._positions]
        for (partition, position), (_, end) in zip(self._positions.items(), self._server.run(calls), strict=True):
            if position > end:
                raise _recreated(self._name, partition, position, end)
        self._check_at_s = time.monotonic() + CHECK_EVERY_S


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

    def __init__(self, server: "_Server", name: str, partitions: int, group: str, session_timeout_s: float) -> None:
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
            batches = _xread(self._server, self._name, positions, max_records, left_s, self._turn)
            batches = [batch for batch in batches if self._advance(batch, held[batch.partition])]
            if batches or time.monotonic() >= deadline_s:
                return batches

    def commit(self, positions: Mapping[int, int]) -> None:
        """Record positions for the partitions still held; see `GroupConsumer`."""
        self._server.run(
            [_commit_call(self._name, self._group, partition, at, self._member) for partition, at in positions.items()]
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
            with _translated():
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
        self._server.run([_Call(_RELEASE, [key], [self._member]) for key in keys])

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
            pause_s = min(CLAIM_EVERY_S if waiting or failure else 0.5, self._timeout_s / 6)
            self._closed.wait(pause_s)

    def _renew(self) -> bool:
        """Renew membership and leases; True while a partition we should have is not ours yet."""
        timeout_ms = int(self._timeout_s * 1000)
        key = log_keys.members(self._name, self._group)
        [live] = self._server.run([_Call(_HEARTBEAT, [key], [self._member, timeout_ms, MEMBER_KEPT_S])])
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
            claims = self._server.run([self._claim_call(partition, timeout_ms) for partition in wanted])
            with self._changed:
                for partition, (held, same, committed, end) in zip(wanted, claims, strict=True):
                    lease = self._leases.get(partition)
                    if held and same and lease is not None:
                        lease.ends_at_s = ends_at_s
                    elif held and partition in ours:
                        place = self._parted.get(partition, committed) if same else committed
                        self._leases[partition] = _Lease(place, ends_at_s)
                    else:
                        self._leases.pop(partition, None)
                    self._parted.pop(partition, None)
                    place = max(known.get(partition, 0), committed)
                    if held and place > end:
                        raise _recreated(self._name, partition, place, end)
                return any(partition not in self._leases for partition in ours)

    def _part_from(self, ours: set[int]) -> list[int]:
        """Drop leases that ran out, and mark those that now belong to others; returns those marked for too long."""
        now_s = time.monotonic()
        with self._changed:
            for partition in [p for p, lease in self._leases.items() if now_s >= lease.ends_at_s]:
                # `_CLAIM` will tell whether another member has read since; if none has, we go on from here.
                self._parted[partition] = self._leases.pop(partition).position
            overdue = [p for p, until_s in self._leaving.items() if p not in ours and now_s >= until_s]
            for partition in overdue:
                self._leases.pop(partition, None)
            marked = [partition for partition in self._leases if partition not in ours]
            self._leaving = {p: self._leaving.get(p, now_s + self._timeout_s) for p in marked}
        return overdue

    def _claim_call(self, partition: int, timeout_ms: int) -> "_Call":
        keys = [
            log_keys.lease(self._name, partition, self._group),
            log_keys.holders(self._name, partition),
            log_keys.groups(self._name, partition),
            log_keys.records(self._name, partition),
        ]
        return _Call(_CLAIM, keys, [self._group, self._member, timeout_ms, log_keys.KEPT_S])


@dataclass(slots=True)
class _Call:
    script: str
    keys: Sequence[str]
    args: Sequence[str | int | bytes]


class _Server:
    """Connections of one owner to the server that `source` names, and scripts run over them."""

    def __init__(self, source: redis.Redis) -> None:
        settings = source.connection_pool.connection_kwargs
        kept = {key: value for key, value in settings.items() if key in _KEPT_SETTINGS or key.startswith("ssl_")}
        pool = redis.ConnectionPool(
            connection_class=source.connection_pool.connection_class,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            **kept,
        )
        self.client: redis.Redis = redis.Redis.from_pool(pool)
        # Entries stay the flat lists the server sent: redis-py's dictionaries cost more than all our own work on them.
        self.client.set_response_callback("XREAD", _unchanged)
        self.command: Callable[..., Any] = self.client.execute_command

    def run(self, calls: Sequence[_Call]) -> list[Any]:
        """Run scripts in one round trip, in order; their answers."""
        answers: list[Any] = [None] * len(calls)
        open_calls = list(range(len(calls)))
        with _translated():
            for attempt in range(3):
                if not open_calls:
                    break
                with self.client.pipeline(transaction=False) as pipe:
                    if attempt:  # the server is new or was restarted
                        for script in sorted({calls[index].script for index in open_calls}):
                            pipe.script_load(script)
                    loaded = len(pipe.command_stack)
                    for index in open_calls:
                        call = calls[index]
                        pipe.evalsha(_digest(call.script), len(call.keys), *call.keys, *call.args)
                    results = pipe.execute(raise_on_error=False)[loaded:]
                unknown = []
                for index, result in zip(open_calls, results, strict=True):
                    if isinstance(result, NoScriptError):
                        unknown.append(index)
                    elif isinstance(result, Exception):
                        raise result
                    answers[index] = result
                open_calls = unknown
        if open_calls:
            raise LogUnavailableError("Redis does not keep scripts between two commands")
        return answers

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self.client.connection_pool.disconnect()


_KEPT_SETTINGS = frozenset(
    {"host", "port", "path", "db", "username", "password", "credential_provider", "client_name", "socket_read_size"}
)
_digests: dict[str, str] = {}


def _unchanged(response: object, **options: object) -> object:
    return response


def _digest(script: str) -> str:
    digest = _digests.get(script)
    if digest is None:
        digest = _digests[script] = sha1(script.encode(), usedforsecurity=False).hexdigest()
    return digest


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError, BusyLoadingError, OutOfMemoryError, ReadOnlyError) as error:
        raise LogUnavailableError(f"Redis: {error}") from error
    except (ClusterDownError, TryAgainError) as error:
        raise LogUnavailableError(f"Redis: {error}") from error
    except ResponseError as error:
        # The disk behind the append-only file is full or failing: Redis refuses writes until it heals.
        if "MISCONF" in str(error):
            raise LogUnavailableError(f"Redis: {error}") from error
        raise


def _commit_call(log: str, group: str, partition: int, position: int, member: str = "") -> _Call:
    keys = [log_keys.groups(log, partition), log_keys.lease(log, partition, group)]
    return _Call(_COMMIT, keys, [group, position, log_keys.KEPT_S, member])


def _recreated(log: str, partition: int, position: int, end: int) -> LogRecreatedError:
    return LogRecreatedError(
        f"log {log!r} partition {partition}: position {position} lies past its end {end}; the log was deleted and made "
        f"anew, so what was read from it belongs to other records"
    )


def _xread(
    server: _Server, log: str, positions: Mapping[int, int], max_records: int, timeout_s: float, turn: int
) -> list[Batch]:
    """Wait up to `timeout_s`, at most `BLOCK_S`, for records after `positions`.

    `turn` rotates who comes first when there are more partitions than records asked for.
    """
    if max_records < 1:
        raise ValueError(f"max_records must be at least 1, got {max_records}")
    if not positions:
        return []
    order = sorted(positions)
    first = turn % len(order)
    order = (order[first:] + order[:first])[:max_records]
    partition_of_key = {log_keys.records(log, partition).encode(): partition for partition in order}
    count = max_records // len(order)
    command: list[str | bytes | int] = ["XREAD", "COUNT", count]
    if timeout_s > 0:
        command += ["BLOCK", max(1, int(min(timeout_s, BLOCK_S) * 1000))]
    command += ["STREAMS", *partition_of_key, *(f"{positions[partition]}-0" for partition in order)]
    with _translated():
        found = server.command(*command)
    return [
        Batch(partition_of_key[key], [Record(int(entry_id[:-2]), fields[1]) for entry_id, fields in entries])
        for key, entries in found or ()
    ]
