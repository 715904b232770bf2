"""Report queries: all SQL over the archive, values bound, never written into the text.

`PREPARE` makes what the others read, in order: `happened_with_bots` (each event once, a client's retry left out, under
the visitor it belongs to), `happened` (those of them that no bot sent), `visits` and `orders`. Times are epoch seconds.
"""

from collections.abc import Iterable
from typing import Final

from models.events.names import NOTICES, OFF_SITE_EVENTS, ORDERED_EVENTS, UNDONE_EVENTS

_SAME_ROW: Final = "log_partition, position, visitor_id, at_s"
"""What tells a row from every other, also where the log began anew and gives positions out again."""


def _listed(names: Iterable[str]) -> str:
    """Names of events as SQL lists them; they are our own, and need no escape."""
    return ", ".join(f"'{name}'" for name in sorted(names))


_ORDERED: Final = _listed(ORDERED_EVENTS)
_IN_VISITS: Final = _listed(ORDERED_EVENTS | UNDONE_EVENTS - OFF_SITE_EVENTS)
"""Events of orders that visits hold; what is taken back off site is looked for among all that happened."""
_OFF_SITE: Final = _listed(UNDONE_EVENTS & OFF_SITE_EVENTS)

PREPARE: Final = (
    # What a device did before a login belongs to whoever logged in.
    f"""
CREATE OR REPLACE TABLE whose AS
WITH owned AS (
    SELECT sender_id AS device_id, at_s AS since_s, visitor_id AS owner_id
    FROM everything WHERE visitor_id <> sender_id AND at_s < $until_s
), before AS (
    SELECT {_SAME_ROW} FROM everything WHERE visitor_id IN (SELECT device_id FROM owned) AND at_s < $until_s
)
SELECT {_SAME_ROW}, owner_id
FROM before ASOF JOIN owned ON owned.device_id = before.visitor_id AND owned.since_s >= before.at_s
""",  # noqa: S608 - names of columns alone
    # Narrow rows are sorted here, and not the events with all they carry.
    f"""
CREATE OR REPLACE TABLE repeated AS
SELECT {_SAME_ROW} FROM (
    SELECT {_SAME_ROW}, event_id, accepted_at_s, coalesce(owner_id, visitor_id) AS owner_id
    FROM everything LEFT JOIN whose USING ({_SAME_ROW})
    WHERE event_id <> '' AND at_s < $until_s
)
QUALIFY row_number() OVER (PARTITION BY owner_id, event_id ORDER BY accepted_at_s, position) > 1
""",  # noqa: S608
    "CREATE OR REPLACE TABLE period AS SELECT $until_s AS until_s",
    # A view, since it is nearly all there is. What the engine itself tells of a visitor is no visit; the first archives
    # did not mark it off site.
    f"""
CREATE OR REPLACE VIEW happened_with_bots AS
SELECT * EXCLUDE (owner_id) REPLACE (
    coalesce(owner_id, visitor_id) AS visitor_id,
    coalesce(sender_id, visitor_id) AS sender_id,
    off_site OR event IN ({_listed(NOTICES)}) AS off_site
)
FROM everything LEFT JOIN whose USING ({_SAME_ROW}) ANTI JOIN repeated USING ({_SAME_ROW})
WHERE at_s < (SELECT until_s FROM period)
""",  # noqa: S608
    "CREATE OR REPLACE VIEW happened AS SELECT * FROM happened_with_bots WHERE NOT coalesce(bot, false)",
    # A visit as the timeline cuts it: an event without session id belongs to the session named before it, or at the
    # beginning to the first one named; half an hour without an event ends a visit.
    """
CREATE OR REPLACE TABLE visit_events AS
WITH named AS (
    SELECT visitor_id, session_id, position, at_s, event, holdout, order_id, amount, channel, campaign, items, coalesce(
        last_value(nullif(session_id, '') IGNORE NULLS) OVER (
            PARTITION BY visitor_id ORDER BY at_s, position ROWS UNBOUNDED PRECEDING
        ),
        first_value(nullif(session_id, '') IGNORE NULLS) OVER (
            PARTITION BY visitor_id ORDER BY at_s, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        ''
    ) AS named_session
    FROM happened WHERE NOT off_site
), cut AS (
    SELECT *, coalesce(at_s - lag(at_s) OVER (
        PARTITION BY visitor_id, named_session ORDER BY at_s, position
    ) > $gap_s, true)::INTEGER AS begins
    FROM named
)
SELECT *, sum(begins) OVER (
    PARTITION BY visitor_id, named_session ORDER BY at_s, position ROWS UNBOUNDED PRECEDING
) AS visit_number
FROM cut
""",
    """
CREATE OR REPLACE TABLE visits AS
SELECT
    visitor_id, named_session, visit_number,
    min(at_s) AS started_at_s,
    coalesce(first(channel ORDER BY at_s, position) FILTER (channel IS NOT NULL), 'direct') AS channel,
    coalesce(first(campaign ORDER BY at_s, position) FILTER (channel IS NOT NULL), '') AS campaign,
    bool_or(event IN ('view_item', 'select_item')) AS viewed,
    bool_or(event = 'add_to_cart') AS carted,
    bool_or(event IN ('begin_checkout', 'add_shipping_info', 'add_payment_info', 'order_created')) AS checked_out,
    sum(amount) FILTER (event = 'add_to_cart') AS cart_value,
    max(at_s) FILTER (event = 'add_to_cart') AS carted_at_s
FROM visit_events
GROUP BY visitor_id, named_session, visit_number
""",
    # An order told of by several events counts once: by its purchases, else its payment, else its making. Events that
    # repeat items and amount are one; events with different items are lines of one order.
    f"""
CREATE OR REPLACE TABLE orders AS
WITH told AS (
    SELECT
        visitor_id, order_id, event, items, amount,
        min(at_s) AS at_s,
        min_by(named_session, at_s) AS named_session,
        min_by(visit_number, at_s) AS visit_number
    FROM visit_events
    WHERE order_id <> '' AND event IN ({_IN_VISITS})
    GROUP BY visitor_id, order_id, event, items, amount
    UNION ALL
    SELECT visitor_id, order_id, event, items, amount, min(at_s), '', 0
    FROM happened
    WHERE order_id <> '' AND event IN ({_OFF_SITE})
    GROUP BY visitor_id, order_id, event, items, amount
), grouped AS (
    SELECT
        visitor_id, order_id,
        min(at_s) FILTER (event IN ({_ORDERED})) AS at_s,
        min_by(named_session, at_s) FILTER (event IN ({_ORDERED})) AS named_session,
        min_by(visit_number, at_s) FILTER (event IN ({_ORDERED})) AS visit_number,
        bool_or(event IN ('purchase', 'order_paid')) AS paid,
        bool_or(event = 'order_cancelled') AS cancelled,
        coalesce(
            sum(amount) FILTER (event = 'purchase'),
            sum(amount) FILTER (event = 'order_paid'),
            sum(amount) FILTER (event = 'order_created'),
            0.0
        ) AS gross,
        greatest(
            coalesce(sum(coalesce(amount, 1e15)) FILTER (event = 'refund'), 0.0),
            coalesce(sum(coalesce(amount, 1e15)) FILTER (event = 'order_returned'), 0.0)
        ) AS taken_back
    FROM told
    GROUP BY visitor_id, order_id
)
SELECT visitor_id, order_id, at_s, named_session, visit_number, greatest(gross - taken_back, 0.0) AS revenue
FROM grouped
WHERE paid AND NOT cancelled
""",  # noqa: S608
    "DROP TABLE visit_events",
)

FUNNEL_QUERY: Final = """
SELECT
    count(*) AS visits,
    count(*) FILTER (viewed) AS product_views,
    count(*) FILTER (carted) AS carts,
    count(*) FILTER (checked_out) AS checkouts,
    (SELECT count(DISTINCT (visitor_id, named_session, visit_number)) FROM orders WHERE at_s >= $from_s) AS orders
FROM visits
WHERE started_at_s >= $from_s
"""

# The newest files tell the class, older ones only that it was a bot.
BOTS_QUERY: Final = """
SELECT
    coalesce(nullif(bot_class, ''), 'unclassed') AS class,
    count(*) AS events,
    count(DISTINCT visitor_id) AS visitors,
    count(*) FILTER (event = 'page_view') AS page_views,
    count(*) FILTER (event IN ('view_item', 'select_item')) AS product_views,
    count(*) FILTER (event = 'add_to_cart') AS added_to_carts,
    count(*) FILTER (event = 'view_promotion') AS impressions
FROM happened_with_bots
WHERE bot AND at_s >= $from_s
GROUP BY class
ORDER BY events DESC, class
"""

CHANNELS_QUERY: Final = """
SELECT
    channel, campaign,
    count(*) AS visits,
    count(*) FILTER (viewed) AS product_views,
    count(*) FILTER (carted) AS carts,
    count(*) FILTER (checked_out) AS checkouts
FROM visits
WHERE started_at_s >= $from_s
GROUP BY channel, campaign
"""

CHANNEL_ORDERS_QUERY: Final = """
SELECT visits.channel, visits.campaign, count(*) AS orders, sum(orders.revenue) AS revenue
FROM orders JOIN visits USING (visitor_id, named_session, visit_number)
WHERE orders.at_s >= $from_s
GROUP BY visits.channel, visits.campaign
"""

COSTS_QUERY: Final = """
SELECT channel, campaign, sum(cost) AS cost
FROM happened
WHERE event = 'campaign_cost' AND at_s >= $from_s
GROUP BY channel, campaign
"""

TOUCHES_QUERY: Final = """
SELECT visitor_id, started_at_s, channel, campaign
FROM visits
WHERE started_at_s >= $from_s - $lookback_s
ORDER BY visitor_id, started_at_s, named_session, visit_number
"""

ORDERS_QUERY: Final = """
SELECT visitor_id, at_s, revenue FROM orders WHERE at_s >= $from_s ORDER BY visitor_id, at_s, order_id
"""

BUYERS_QUERY: Final = """
SELECT visitor_id, max(at_s) AS last_at_s, count(*) AS orders, sum(revenue) AS revenue
FROM orders
WHERE at_s >= $from_s
GROUP BY visitor_id
ORDER BY visitor_id
"""

# A cart is abandoned when its visitor orders nothing from its last product put in until `$abandoned_s` later.
CARTS_QUERY: Final = """
SELECT
    visits.channel,
    count(*) AS carts,
    count(*) FILTER (bought) AS bought,
    count(*) FILTER (NOT bought) AS abandoned,
    coalesce(sum(cart_value), 0.0) AS cart_value,
    coalesce(sum(cart_value) FILTER (NOT bought), 0.0) AS abandoned_value
FROM (
    SELECT visits.*, EXISTS (
        SELECT 1 FROM orders
        WHERE orders.visitor_id = visits.visitor_id
        AND orders.at_s BETWEEN visits.started_at_s AND visits.carted_at_s + $abandoned_s
    ) AS bought
    FROM visits
    WHERE carted AND started_at_s >= $from_s
) AS visits
GROUP BY visits.channel
ORDER BY visits.channel
"""

SATISFACTION_QUERY: Final = """
SELECT
    strftime(make_timestamp((at_s * 1000000)::BIGINT), '%Y-%m') AS month,
    count(nps) AS nps_answers,
    count(*) FILTER (nps >= 9) AS promoters,
    count(*) FILTER (nps >= 7 AND nps < 9) AS passives,
    count(*) FILTER (nps < 7) AS detractors,
    count(csat) AS csat_answers,
    count(*) FILTER (csat >= 4) AS satisfied,
    avg(csat) AS csat_mean,
    count(rating) AS reviews,
    avg(rating) AS rating_mean
FROM happened
WHERE event IN ('survey_answered', 'review_added') AND at_s >= $from_s
GROUP BY ALL
ORDER BY month
"""

# The part of a slot's name before its position: `home_hero-2` and `home_hero:2` are `home_hero`.
SLOTS_QUERY: Final = """
SELECT
    regexp_replace(shown.slot, '[-_:#/ ]*[0-9]+$', '') AS name,
    holdout,
    count(*) FILTER (event = 'view_promotion') AS impressions,
    count(*) FILTER (event = 'select_promotion') AS clicks
FROM (
    SELECT event, holdout, seen, unnest(promotions) AS shown
    FROM happened
    WHERE event IN ('view_promotion', 'select_promotion') AND at_s >= $from_s
)
WHERE seen OR event = 'select_promotion'
GROUP BY ALL
ORDER BY name, holdout
"""

STRATEGIES_QUERY: Final = """
SELECT
    list AS name,
    holdout,
    count(*) FILTER (event = 'view_item_list') AS impressions,
    count(*) FILTER (event = 'select_item') AS clicks
FROM happened
WHERE event IN ('view_item_list', 'select_item') AND decision_id <> '' AND list <> '' AND at_s >= $from_s
GROUP BY ALL
ORDER BY name, holdout
"""

# What all visitors of a group did, whatever they were shown. The lot is that of the device: pages are drawn for it, and
# what a server tells under the visitor's own id has another.
GROUPS_QUERY: Final = """
SELECT
    visitors.holdout,
    count(*) AS visitors,
    coalesce(sum(bought.orders), 0)::BIGINT AS orders,
    count(bought.visitor_id) AS buyers,
    coalesce(sum(bought.revenue), 0.0) AS revenue
FROM (
    SELECT visitor_id, arg_min(holdout, (sender_id = visitor_id, at_s)) AS holdout
    FROM happened WHERE NOT off_site AND at_s >= $from_s GROUP BY visitor_id
) AS visitors
LEFT JOIN (
    SELECT visitor_id, count(*) AS orders, sum(revenue) AS revenue
    FROM orders WHERE at_s >= $from_s GROUP BY visitor_id
) AS bought USING (visitor_id)
GROUP BY visitors.holdout
ORDER BY visitors.holdout
"""

# Where each visitor stood at the end: as last told, and before anything was told in the first stage of all.
STAGES_QUERY: Final = """
WITH visitors AS (
    SELECT visitor_id FROM happened WHERE NOT off_site GROUP BY visitor_id
), moved AS (
    SELECT visitor_id, stage_from, stage, at_s, position FROM happened WHERE event = 'stage_changed' AND stage <> ''
), latest AS (
    SELECT visitor_id, arg_max(stage, (at_s, position)) AS stage FROM moved GROUP BY visitor_id
), members AS (
    SELECT coalesce(stage, 'potential') AS stage, count(*) AS visitors
    FROM visitors LEFT JOIN latest USING (visitor_id)
    GROUP BY ALL
), entered AS (
    SELECT stage, count(*) AS entered FROM moved WHERE at_s >= $from_s GROUP BY stage
), gone AS (
    SELECT stage_from AS stage, count(*) AS gone FROM moved WHERE at_s >= $from_s GROUP BY stage_from
)
SELECT stage, coalesce(visitors, 0), coalesce(entered, 0), coalesce(gone, 0)
FROM members FULL JOIN entered USING (stage) FULL JOIN gone USING (stage)
"""

STAGE_FLOWS_QUERY: Final = """
SELECT stage_from, stage, count(*) AS moves, count(DISTINCT visitor_id) AS visitors
FROM happened
WHERE event = 'stage_changed' AND stage <> '' AND at_s >= $from_s
GROUP BY ALL
ORDER BY moves DESC, stage_from, stage
"""

# Who was in a segment at the end, and what they ordered in the days asked for.
SEGMENT_REVENUE: Final = """
WITH latest AS (
    SELECT visitor_id, segment, arg_max(event, (at_s, position)) AS event
    FROM happened
    WHERE event IN ('segment_entered', 'segment_left') AND segment <> ''
    GROUP BY visitor_id, segment
), bought AS (
    SELECT visitor_id, count(*) AS orders, sum(revenue) AS revenue
    FROM orders WHERE at_s >= $from_s GROUP BY visitor_id
)
SELECT
    segment,
    count(*) AS visitors,
    count(bought.visitor_id) AS buyers,
    coalesce(sum(bought.orders), 0)::BIGINT AS orders,
    coalesce(sum(bought.revenue), 0.0) AS revenue
FROM latest LEFT JOIN bought USING (visitor_id)
WHERE latest.event = 'segment_entered'
GROUP BY segment
ORDER BY revenue DESC, segment
"""

ALL_VISITORS: Final = """
SELECT
    (SELECT count(DISTINCT visitor_id) FROM happened WHERE NOT off_site),
    (SELECT count(DISTINCT visitor_id) FROM orders WHERE at_s >= $from_s),
    (SELECT count(*) FROM orders WHERE at_s >= $from_s),
    (SELECT coalesce(sum(revenue), 0.0) FROM orders WHERE at_s >= $from_s)
"""
