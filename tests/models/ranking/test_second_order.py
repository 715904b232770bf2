"""Second order: what is counted event by event equals what the whole log gives at once."""

from collections import Counter, defaultdict

from models.ranking.candidate_table import new_candidate_table, start
from models.ranking.second_order import learn_pair, new_pairs, restored_pairs, score_pair, stored_pairs
from tests.models.ranking.sessions import ITEMS, random_sessions


def test_pairs_equal_a_batch_count_and_survive_storing() -> None:
    pairs = new_pairs()
    expected: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for session in random_sessions(seed=3):
        for previous, last, item in zip(session, session[1:], session[2:], strict=False):
            learn_pair(pairs, last, previous, item, 1.0)
            expected[last, previous][item] += 1
    again = new_pairs()
    restored_pairs(again, stored_pairs(pairs))
    for (last, previous), row in expected.items():
        for counted in (pairs, again):
            table = new_candidate_table(ITEMS, 1)
            start(table)
            seen = score_pair(counted, table, last, previous, 0)
            found = {int(table.items[place]): float(table.raw[place, 0]) for place in range(table.head[1])}
            assert (seen, found) == (sum(row.values()), dict(row))
