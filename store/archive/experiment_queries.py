"""Experiment queries: SQL that finds who met which variant, and what each visitor did since; values bound, never
written into the text. They read the tables of `store.archive.report_queries`."""

from typing import Final

from store.archive.report_queries import COUNTED_ONCE

EXPOSED: Final = """
CREATE OR REPLACE TABLE exposed AS
WITH told AS (
    SELECT visitor_id, variant, at_s, decision_id
    FROM happened
    WHERE event = 'experiment_exposed' AND experiment = $experiment AND accepted_at_s >= $began_s AND at_s >= $from_s
), met AS (
    SELECT
        visitor_id,
        min_by(variant, at_s) AS variant,
        count(DISTINCT variant) AS variants,
        min(at_s) AS at_s,
        list(DISTINCT decision_id) AS decision_ids
    FROM told GROUP BY visitor_id
), reported AS (
    -- What an event of the decision itself says of when it was seen counts where it is earlier: recorded events.
    SELECT met.visitor_id, min(happened.at_s) AS at_s
    FROM met JOIN happened USING (visitor_id)
    WHERE happened.decision_id <> '' AND list_contains(met.decision_ids, happened.decision_id)
    GROUP BY met.visitor_id
)
SELECT visitor_id, variant, variants, least(met.at_s, coalesce(reported.at_s, met.at_s)) AS at_s
FROM met LEFT JOIN reported USING (visitor_id)
"""

# Every visitor of the shop is on one side of the holdout, from the first event of the days asked for.
HELD_OUT: Final = """
CREATE OR REPLACE TABLE exposed AS
SELECT
    visitor_id,
    CASE WHEN arg_min(holdout, (sender_id = visitor_id, at_s)) THEN 'holdout' ELSE 'personalized' END AS variant,
    greatest(count(DISTINCT holdout) FILTER (sender_id <> visitor_id), 1) AS variants,
    min(at_s) AS at_s
FROM happened WHERE NOT off_site AND at_s >= $from_s
GROUP BY visitor_id
"""

# The rule by which the learner passes over a flood (`models.learner.learner`): a store of events that empties by one
# with each
# and fills by one in so many seconds. How many are missing from it is the largest excess of events over seconds so far.
LEFT_OUT_QUERY: Final = """
CREATE OR REPLACE TABLE left_out AS
WITH numbered AS (
    SELECT
        visitor_id, bot,
        row_number() OVER (PARTITION BY visitor_id ORDER BY at_s, position) AS number,
        at_s / $refill_s AS refilled
    FROM happened_with_bots SEMI JOIN exposed USING (visitor_id)
    WHERE NOT off_site
), missing AS (
    SELECT visitor_id, bot, number - refilled - min(number - 1 - refilled) OVER (
        PARTITION BY visitor_id ORDER BY number ROWS UNBOUNDED PRECEDING
    ) AS missing
    FROM numbered
)
SELECT visitor_id, CASE WHEN coalesce(bool_and(bot), false) THEN 'bots' ELSE 'floods' END AS why
FROM missing GROUP BY visitor_id
HAVING coalesce(bool_and(bot), false) OR max(missing) > $flood_events
UNION ALL
SELECT visitor_id, 'several_variants' FROM exposed WHERE variants > 1
"""

LEFT_OUT_COUNTS: Final = "SELECT why, count(DISTINCT visitor_id) FROM left_out GROUP BY why ORDER BY why"

# What visitors ordered in other currencies than the results reckon in.
OUTCOME_OTHERS: Final = """
SELECT variant, other_currency, sum(other_revenue)
FROM exposed ANTI JOIN left_out USING (visitor_id) JOIN orders USING (visitor_id)
WHERE other_currency <> '' AND orders.at_s > exposed.at_s AND orders.at_s < $end_s
GROUP BY ALL
ORDER BY ALL
"""

OUTCOMES: Final = f"""
WITH counted AS (
    SELECT * FROM exposed ANTI JOIN left_out USING (visitor_id)
), seen AS (
    SELECT
        visitor_id, at_s, event = 'select_promotion' AS clicked,
        decision_id, shown.slot AS place, shown.creative AS what
    FROM (
        SELECT visitor_id, at_s, event, decision_id, seen, unnest(promotions) AS shown
        FROM happened
        WHERE event IN ('view_promotion', 'select_promotion')
    )
    WHERE (seen OR event = 'select_promotion')
    AND ($all_placements OR list_contains($placements::VARCHAR[], regexp_replace(shown.slot, '[-_:#/ ]*[0-9]+$', '')))
    UNION ALL
    SELECT visitor_id, at_s, event = 'select_item', decision_id, list, ''
    FROM happened
    WHERE event IN ('view_item_list', 'select_item') AND decision_id <> '' AND list <> ''
    AND ($all_lists OR list_contains($lists::VARCHAR[], list))
), once AS (
    SELECT visitor_id, {COUNTED_ONCE}
    FROM seen JOIN counted USING (visitor_id)
    WHERE seen.at_s >= counted.at_s AND seen.at_s < $end_s
    GROUP BY visitor_id, decision_id, place, what
), clicks AS (
    SELECT visitor_id, sum(impressions) AS impressions, sum(clicks) AS clicks FROM once GROUP BY visitor_id
), bought AS (
    SELECT visitor_id, count(*) AS orders, sum(revenue) AS revenue
    FROM orders JOIN counted USING (visitor_id)
    WHERE orders.at_s > counted.at_s AND orders.at_s < $end_s
    GROUP BY visitor_id
), outcomes AS (
    SELECT
        variant,
        coalesce(impressions, 0)::DOUBLE AS impressions,
        coalesce(clicks, 0)::DOUBLE AS clicks,
        coalesce(orders, 0) AS orders,
        coalesce(revenue, 0.0) AS revenue
    FROM counted LEFT JOIN clicks USING (visitor_id) LEFT JOIN bought USING (visitor_id)
    WHERE counted.at_s < $end_s
)
SELECT
    variant,
    count(*) AS visitors,
    sum(impressions),
    sum(clicks),
    count(*) FILTER (clicks > 0),
    sum(orders)::BIGINT,
    count(*) FILTER (orders > 0),
    sum(revenue),
    sum(impressions * impressions),
    sum(clicks * clicks),
    sum(clicks * impressions),
    sum(revenue * revenue)
FROM outcomes
GROUP BY variant
ORDER BY variant
"""  # noqa: S608 - our own text
