"""Event warnings: bounded, and each says what it is about."""

from models.events.intake.event_warnings import MAX_EVENT_WARNINGS, EventWarnings


def test_warnings_name_the_field_and_the_value_up_to_a_bound() -> None:
    warnings = EventWarnings()
    for number in range(MAX_EVENT_WARNINGS + 5):
        warnings.add(f"items[{number}]", "dropped", number, "was left out")
    assert len(warnings.found) == MAX_EVENT_WARNINGS
    assert warnings.found[3] == ("items[3]", "dropped", "items[3] 3 was left out")
