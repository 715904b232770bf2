"""Groups: by which name each reader of the event log keeps its positions."""

from typing import Final

PROFILE_GROUP: Final = "profile"
LEARN_GROUP: Final = "learn"
TRIGGER_GROUP: Final = "trigger"
ARCHIVE_GROUP: Final = "archive"
