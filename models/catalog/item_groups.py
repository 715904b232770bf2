"""Item groups: which items are variants of one product, as `item_group_id` says."""

from collections.abc import Iterable, Iterator, Mapping

from models.catalog.resources import CatalogItem


class ItemGroups:
    """The groups of one site's items.

    Every item stands in one group: the one it names, else the one that has its own id, which is that of the item alone
    unless others name it. An id that is no item's is its own group too, so that events may name a group by its id.

    Parameters
    ----------
    items
        The site's items by id, as they are; read, never changed.

    >>> items = {name: CatalogItem(item_id=name, item_group_id="cap") for name in ("cap-s", "cap-m")}
    >>> groups = ItemGroups(items)
    >>> for item in items.values():
    ...     groups.put(item)
    >>> groups.group_of("cap-m"), groups.group_of("cap"), groups.members("cap"), groups.group_of("hat")
    ('cap', 'cap', ['cap-m', 'cap-s'], 'hat')
    """

    def __init__(self, items: Mapping[str, CatalogItem]) -> None:
        self._items = items
        self._group_of: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._sorted: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        """Whether any item names a group."""
        return bool(self._group_of)

    def put(self, item: CatalogItem) -> None:
        """Add an item that is in no group yet; one without a group changes nothing."""
        if item.item_group_id:
            self._group_of[item.item_id] = item.item_group_id
            self._members.setdefault(item.item_group_id, set()).add(item.item_id)
            self._sorted.pop(item.item_group_id, None)

    def remove(self, item_id: str) -> None:
        """Take an item out of its group."""
        group_id = self._group_of.pop(item_id, None)
        if group_id is not None:
            self._members[group_id].discard(item_id)
            self._sorted.pop(group_id, None)
            if not self._members[group_id]:
                del self._members[group_id]

    def has_group(self, group_id: str) -> bool:
        """Whether any item names this group."""
        return group_id in self._members

    def group_of(self, item_id: str) -> str:
        """Give the id of an item's group, its own where it names none."""
        return self._group_of.get(item_id, item_id)

    def all_groups(self) -> Iterator[list[str]]:
        """Give the items of each group that any name."""
        return (self._all_of(group_id) for group_id in self._members)

    def members(self, item_id: str) -> list[str]:
        """Give all items of the group that an id is of, or names, sorted; the item alone where it is in none.

        Not to be changed by the caller.
        """
        return self._all_of(self._group_of.get(item_id, item_id))

    def _all_of(self, group_id: str) -> list[str]:
        own = group_id in self._items and group_id not in self._group_of
        if group_id not in self._members:
            return [group_id] if own else []
        known = self._sorted.get(group_id)
        if known is None:
            known = self._sorted[group_id] = sorted(self._members[group_id])
        return sorted([*known, group_id]) if own else known

    def one_each(self, item_ids: Iterable[str]) -> list[str]:
        """Give the ids in their order, of each group the first alone."""
        first: dict[str, str] = {}
        for item_id in item_ids:
            first.setdefault(self.group_of(item_id), item_id)
        return list(first.values())
