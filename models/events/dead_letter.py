"""Dead letter: an event we could not use, kept as it came, with the reason."""

import msgspec

from models.base.errors import InvalidError


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event set aside, or something stored that cannot be read.

    `value` holds the original bytes. `source` is `api` or the flow that met it; `partition` and `position` tell where
    in the event log it stands, -1 where it never got there. `at_s` is epoch seconds. `name` is the visitor's id, or
    what is stored goes by. `told_from` is as of an event: empty for what no browser told.
    """

    source: str
    code: str
    message: str
    value: bytes
    at_s: float
    site: str = ""
    partition: int = -1
    position: int = -1
    name: str = ""
    told_from: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(DeadLetter)


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """Give the bytes the dead-letter log holds."""
    return _encoder.encode(letter)


def decode_dead_letter(value: bytes) -> DeadLetter:
    """Read what `encode_dead_letter` gave; raises `InvalidError` for anything else."""
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InvalidError("dead_letter_undecodable", f"record is no dead letter: {error}") from error
