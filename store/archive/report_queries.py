"""Report queries: all SQL over the archive, values bound, never written into the text.

`PREPARE` makes what the others read, in order: `happened_with_bots` (each event once, a client's retry left out, under
the visitor it belongs to), `happened` (those of them that no bot sent), `visits` and `orders`. Times are epoch seconds.
"""

from typing import Final

from models.events.names import CLICKED_MESSAGES, NOTICES, ORDERED_EVENTS
from models.visitor.identity import LOGOUT
from store.archive.order_queries import MAKE_ORDERS, RECKON, sql_names

_SAME_ROW: Final = "log_partition, position, visitor_id, at_s"
"""What tells a row from every other, also where the log began anew and gives positions out again."""


PREPARE: Final = (
    # What a device did while nobody was known belongs to whoever held it by then, else to whoever logged in next, as
    # `models.visitor.identity.owner_at` has it: a login may be told late.
    f"""
CREATE OR REPLACE TABLE whose AS
WITH hands AS (
    SELECT
        coalesce(sender_id, visitor_id) AS device_id, at_s AS since_s,
        arg_max(CASE WHEN event = '{LOGOUT}' THEN '' ELSE visitor_id END, (accepted_at_s, position)) AS holder_id
    FROM everything WHERE (visitor_id <> sender_id OR event = '{LOGOUT}') AND at_s < $until_s
    GROUP BY ALL
), known AS (
    SELECT device_id, since_s AS known_s, holder_id AS next_id FROM hands WHERE holder_id <> ''
), before AS (
    SELECT {_SAME_ROW} FROM everything WHERE visitor_id IN (SELECT device_id FROM known) AND at_s < $until_s
), held AS (
    SELECT before.*, holder_id
    FROM before ASOF LEFT JOIN hands ON hands.device_id = before.visitor_id AND hands.since_s <= before.at_s
)
SELECT {_SAME_ROW}, coalesce(nullif(holder_id, ''), next_id) AS owner_id
FROM held ASOF LEFT JOIN known ON known.device_id = held.visitor_id AND known.known_s >= held.at_s
WHERE coalesce(nullif(holder_id, ''), next_id) IS NOT NULL
""",  # noqa: S608 - names of columns and of our own events alone
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
    # An order that is told again without a session, as servers do, brings nobody to the site again.
    f"""
CREATE OR REPLACE TABLE retold AS
SELECT {_SAME_ROW} FROM (
    SELECT {_SAME_ROW}, session_id, order_id, coalesce(owner_id, visitor_id) AS owner_id
    FROM everything LEFT JOIN whose USING ({_SAME_ROW}) ANTI JOIN repeated USING ({_SAME_ROW})
    WHERE event IN ({sql_names(ORDERED_EVENTS)}) AND order_id <> '' AND NOT off_site AND NOT coalesce(bot, false)
        AND at_s < $until_s
)
QUALIFY session_id = '' AND row_number() OVER (PARTITION BY owner_id, order_id ORDER BY at_s, position) > 1
""",  # noqa: S608 - names of our own events alone
    "CREATE OR REPLACE TABLE period AS SELECT $until_s AS until_s",
    # A view, since it is nearly all there is. What the engine itself tells of a visitor is no visit; the first archives
    # did not mark it off site.
    f"""
CREATE OR REPLACE VIEW happened_with_bots AS
SELECT * EXCLUDE (owner_id, is_retold) REPLACE (
    coalesce(owner_id, visitor_id) AS visitor_id,
    coalesce(sender_id, visitor_id) AS sender_id,
    off_site OR event IN ({sql_names(NOTICES)}) OR coalesce(is_retold, false) AS off_site
)
FROM everything LEFT JOIN whose USING ({_SAME_ROW}) ANTI JOIN repeated USING ({_SAME_ROW})
LEFT JOIN (SELECT *, true AS is_retold FROM retold) USING ({_SAME_ROW})
WHERE at_s < (SELECT until_s FROM period)
""",  # noqa: S608
    "CREATE OR REPLACE VIEW happened AS SELECT * FROM happened_with_bots WHERE NOT coalesce(bot, false)",
    *RECKON,
    # A visit as the timeline cuts it: an event without session id belongs to the session named before it, or at the
    # beginning to the first one named; half an hour without an event ends a visit.
    # A click on a mail or message that names no session belongs to the visit that follows it, else is one of its own.
    # Looking ahead and back takes long: only visitors are looked at who have such a click, or an event without session.
    f"""
CREATE OR REPLACE TABLE visit_events AS
WITH lived AS MATERIALIZED (
    SELECT
        visitor_id, coalesce(session_id, '') AS session_id,
        position, at_s, event, order_id, amount, currency, channel, campaign,
        event IN ({sql_names(CLICKED_MESSAGES)}) AND coalesce(session_id, '') = '' AS click
    FROM happened WHERE NOT off_site
), sessionless AS MATERIALIZED (
    SELECT DISTINCT visitor_id FROM lived WHERE session_id = ''
), ahead AS (
    SELECT
        *,
        first_value(
            CASE WHEN NOT click THEN {{'at_s': at_s, 'session_id': session_id, 'campaign': campaign}} END IGNORE NULLS
        ) OVER (
            PARTITION BY visitor_id ORDER BY at_s, position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS following
    FROM lived SEMI JOIN sessionless USING (visitor_id)
), led AS (
    SELECT *, click AND coalesce(following.at_s - at_s <= $gap_s AND (
        coalesce(campaign, '') = '' OR coalesce(following.campaign, '') = ''
        OR lower(campaign) = lower(following.campaign)
    ), false) AS leads
    FROM ahead
), joined AS (
    SELECT * REPLACE (
        CASE WHEN leads THEN following.session_id ELSE session_id END AS session_id, click AND NOT leads AS click
    )
    FROM led
), named AS (
    SELECT visitor_id, session_id, position, at_s, event, order_id, amount, currency, channel, campaign,
    CASE WHEN click THEN concat(chr(1), at_s, '-', position) ELSE coalesce(
        last_value(nullif(session_id, '') IGNORE NULLS) OVER (
            PARTITION BY visitor_id ORDER BY at_s, position ROWS UNBOUNDED PRECEDING
        ),
        first_value(nullif(session_id, '') IGNORE NULLS) OVER (
            PARTITION BY visitor_id ORDER BY at_s, position ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        ''
    ) END AS named_session
    FROM joined
    UNION ALL
    SELECT * EXCLUDE (click), session_id AS named_session FROM lived ANTI JOIN sessionless USING (visitor_id)
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
""",  # noqa: S608 - names of our own events alone
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
    sum(amount * coalesce(rate, 1.0)) FILTER (event = 'add_to_cart' AND coalesce(other, '') = '') AS cart_value,
    max(at_s) FILTER (event = 'add_to_cart') AS carted_at_s
FROM visit_events LEFT JOIN reckoned USING (currency)
GROUP BY visitor_id, named_session, visit_number
""",
    """
CREATE OR REPLACE TABLE other_carts AS
SELECT visitor_id, named_session, visit_number, other AS other_currency, sum(amount) AS value
FROM visit_events JOIN reckoned USING (currency)
WHERE event = 'add_to_cart' AND other <> ''
GROUP BY ALL
""",
    *MAKE_ORDERS,
    "DROP TABLE visit_events",
)

FUNNEL_QUERY: Final = """
SELECT
    count(*) AS visits,
    count(*) FILTER (viewed) AS product_views,
    count(*) FILTER (carted) AS carts,
    count(*) FILTER (checked_out) AS checkouts,
    (
        SELECT count(DISTINCT (visitor_id, named_session, visit_number)) FROM orders
        WHERE at_s >= $from_s AND visit_number IS NOT NULL
    ) AS orders
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
SELECT
    coalesce(visits.channel, 'off_site') AS channel, coalesce(visits.campaign, '') AS campaign,
    count(*) AS orders, sum(orders.revenue) AS revenue
FROM orders LEFT JOIN visits USING (visitor_id, named_session, visit_number)
WHERE orders.at_s >= $from_s
GROUP BY ALL
"""

COSTS_QUERY: Final = """
SELECT channel, campaign, sum(cost * coalesce(rate, 1.0)) FILTER (coalesce(other, '') = '') AS cost
FROM happened LEFT JOIN reckoned USING (currency)
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
SELECT visitor_id, at_s, revenue, other_currency, other_revenue
FROM orders WHERE at_s >= $from_s
ORDER BY visitor_id, at_s, order_id
"""

# Without a base currency each buyer's tier is by the currency of most of their orders, as in profiles.
BUYERS_QUERY: Final = """
WITH sums AS (
    SELECT
        visitor_id, count(*) AS orders, sum(revenue + other_revenue) AS revenue,
        CASE WHEN other_currency = '' THEN main ELSE other_currency END AS currency
    FROM orders CROSS JOIN main_currency
    GROUP BY ALL
), own AS (
    SELECT visitor_id, first(revenue ORDER BY orders DESC, currency) AS revenue FROM sums GROUP BY visitor_id
)
SELECT
    visitor_id, max(at_s) AS last_at_s, count(*) AS orders,
    CASE WHEN $base = '' THEN any_value(own.revenue) ELSE sum(orders.revenue) END AS revenue,
    count(*) FILTER (at_s >= $from_s) AS period_orders,
    coalesce(sum(orders.revenue) FILTER (at_s >= $from_s), 0.0) AS period_revenue,
    count(*) FILTER (at_s >= $from_s AND other_currency = '') AS period_reckoned
FROM orders JOIN own USING (visitor_id)
GROUP BY visitor_id
HAVING max(at_s) >= $from_s
ORDER BY visitor_id
"""

# A cart is abandoned when its visitor orders nothing from its last product put in until `$abandoned_s` later.
CARTS: Final = """
WITH carts AS (
    SELECT visits.*, EXISTS (
        SELECT 1 FROM orders
        WHERE orders.visitor_id = visits.visitor_id
        AND orders.at_s BETWEEN visits.started_at_s AND visits.carted_at_s + $abandoned_s
    ) AS bought
    FROM visits
    WHERE carted AND started_at_s >= $from_s
)
"""
CARTS_QUERY: Final = f"""
{CARTS}
SELECT
    channel,
    count(*) AS carts,
    count(*) FILTER (bought) AS bought,
    count(*) FILTER (NOT bought) AS abandoned,
    coalesce(sum(cart_value), 0.0) AS cart_value,
    coalesce(sum(cart_value) FILTER (NOT bought), 0.0) AS abandoned_value
FROM carts
GROUP BY channel
ORDER BY channel
"""  # noqa: S608

LATEST_QUERY: Final = "SELECT max(at_s) FROM happened"
SPAN_QUERY: Final = "SELECT min(at_s), max(at_s) FROM happened WHERE at_s >= $from_s"

SATISFACTION_QUERY: Final = """
SELECT
    month,
    count(nps) AS nps_answers,
    count(*) FILTER (nps >= 9) AS promoters,
    count(*) FILTER (nps >= 7 AND nps < 9) AS passives,
    count(*) FILTER (nps < 7) AS detractors,
    count(csat) AS csat_answers,
    count(*) FILTER (csat >= 4) AS satisfied,
    avg(csat) AS csat_mean,
    count(rating) AS reviews,
    avg(rating) AS rating_mean
FROM (SELECT * FROM happened WHERE event IN ('survey_answered', 'review_added') AND at_s >= $from_s) AS answered
ASOF JOIN (SELECT unnest($months::VARCHAR[]) AS month, unnest($begins::DOUBLE[]) AS begins_s) AS months
ON answered.at_s >= months.begins_s
GROUP BY ALL
ORDER BY month
"""

# Of what a visitor was shown by one decision at one place, as many clicks count as there were impressions, and what was
# clicked was seen: `models.learner.open_impressions` counts by the same rule.
COUNTED_ONCE: Final = """
greatest(count(*) FILTER (NOT clicked), count(*) FILTER (clicked) > 0)::BIGINT AS impressions,
least(count(*) FILTER (clicked), greatest(count(*) FILTER (NOT clicked), 1))::BIGINT AS clicks
"""

# The part of a slot's name before its position: `home_hero-2` and `home_hero:2` are `home_hero`.
SLOTS_QUERY: Final = f"""
SELECT name, holdout, sum(impressions)::BIGINT, sum(clicks)::BIGINT
FROM (
    SELECT regexp_replace(shown.slot, '[-_:#/ ]*[0-9]+$', '') AS name, holdout, {COUNTED_ONCE}
    FROM (
        SELECT
            visitor_id, decision_id, holdout, seen, event = 'select_promotion' AS clicked, unnest(promotions) AS shown
        FROM happened
        WHERE event IN ('view_promotion', 'select_promotion') AND at_s >= $from_s
    )
    WHERE seen OR clicked
    GROUP BY visitor_id, decision_id, holdout, shown.slot, shown.creative
)
GROUP BY ALL
ORDER BY name, holdout
"""  # noqa: S608 - our own text

STRATEGIES_QUERY: Final = f"""
SELECT name, holdout, sum(impressions)::BIGINT, sum(clicks)::BIGINT
FROM (
    SELECT list AS name, holdout, {COUNTED_ONCE}
    FROM (
        SELECT visitor_id, decision_id, holdout, list, event = 'select_item' AS clicked
        FROM happened
        WHERE event IN ('view_item_list', 'select_item') AND decision_id <> '' AND list <> '' AND at_s >= $from_s
    )
    GROUP BY visitor_id, decision_id, holdout, list
)
GROUP BY ALL
ORDER BY name, holdout
"""  # noqa: S608

# What all visitors of a group did, whatever they were shown. The lot is that of the device: pages are drawn for it, and
# what a server tells under the visitor's own id has another.
GROUP_MEMBERS: Final = """
WITH visitors AS (
    SELECT visitor_id, arg_min(holdout, (sender_id = visitor_id, at_s)) AS holdout
    FROM happened WHERE NOT off_site AND at_s >= $from_s GROUP BY visitor_id
)
"""
GROUPS_QUERY: Final = f"""
{GROUP_MEMBERS}
SELECT
    visitors.holdout,
    count(*) AS visitors,
    coalesce(sum(bought.orders), 0)::BIGINT AS orders,
    count(bought.visitor_id) AS buyers,
    coalesce(sum(bought.revenue), 0.0) AS revenue
FROM visitors
LEFT JOIN (
    SELECT visitor_id, count(*) AS orders, sum(revenue) AS revenue
    FROM orders WHERE at_s >= $from_s GROUP BY visitor_id
) AS bought USING (visitor_id)
GROUP BY visitors.holdout
ORDER BY visitors.holdout
"""  # noqa: S608

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
SEGMENT_MEMBERS: Final = """
WITH latest AS (
    SELECT visitor_id, segment, arg_max(event, (at_s, position)) AS event
    FROM happened
    WHERE event IN ('segment_entered', 'segment_left') AND segment <> ''
    GROUP BY visitor_id, segment
)
"""
SEGMENT_REVENUE: Final = f"""
{SEGMENT_MEMBERS}, bought AS (
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
"""  # noqa: S608

ALL_VISITORS: Final = """
SELECT
    (SELECT count(DISTINCT visitor_id) FROM happened WHERE NOT off_site),
    (SELECT count(DISTINCT visitor_id) FROM orders WHERE at_s >= $from_s),
    (SELECT count(*) FROM orders WHERE at_s >= $from_s),
    (SELECT coalesce(sum(revenue), 0.0) FROM orders WHERE at_s >= $from_s)
"""
