"""Order queries: what every report takes orders for, as SQL: one order an id, whoever told of it and however often.

The rules are those of `models.visitor.order`; a test holds the two together. `RECKON` comes before: it makes of each
currency what it counts as, in the table `reckoned`: taken times `rate` in the main currency, of the one row of
`main_currency`, or for itself, as `other`.
"""

from typing import Final

from models.events.names import ORDERED_EVENTS, PAID_EVENTS, UNDONE_EVENTS


def sql_names(names: frozenset[str]) -> str:
    """Names of events as SQL lists them; they are our own, and need no escape."""
    return ", ".join(f"'{name}'" for name in sorted(names))


def _comparable(one: str, other: str) -> str:
    """What `models.events.currency.comparable` says of two columns."""
    return f"({one} = {other} OR coalesce({one}, '') = '' OR coalesce({other}, '') = '')"


_LATEST: Final = "(at_s, accepted_at_s, log_partition, position)"
"""What is told later counts; what is told of the same moment, by when it arrived."""
_PIECES: Final = "list_transform(items, lambda item: item.quantity)"
_PRICED: Final = "list_transform(items, lambda item: coalesce(item.price, 0.0) * item.quantity)"
_UNDONE: Final = "coalesce(sum({what}) FILTER (event = '{event}'), 0.0)"
_WHOLE: Final = "amount IS NOT NULL AND len(items) = 0 AND claimed <> is_priced"
_WORTH: Final = "worth IS NOT NULL AND claimed <> is_priced"
_CAPPED: Final = "CASE WHEN worth IS NULL THEN taken ELSE least(taken, greatest(worth, said)) END"

RECKON: Final = (
    # The main currency is the site's base, else that of most orders.
    f"""
CREATE OR REPLACE TABLE named_currencies AS
SELECT
    currency,
    count(DISTINCT order_id) FILTER (
        order_id <> '' AND event IN ({sql_names(ORDERED_EVENTS)}) AND NOT coalesce(claimed, false)
    ) AS orders,
    count(*) AS amounts
FROM happened
WHERE currency <> '' AND event IN ({sql_names(ORDERED_EVENTS | {"add_to_cart", "campaign_cost"})})
GROUP BY currency
""",  # noqa: S608
    """
CREATE OR REPLACE TABLE main_currency AS
SELECT coalesce(
    nullif($base, ''), (SELECT currency FROM named_currencies ORDER BY orders DESC, amounts DESC, currency LIMIT 1), ''
) AS main
""",
    """
CREATE OR REPLACE TABLE reckoned AS
SELECT
    currency,
    CASE WHEN currency = main THEN 1.0 ELSE coalesce(rate, 1.0) END AS rate,
    CASE WHEN currency = main OR rate IS NOT NULL THEN '' ELSE currency END AS other
FROM named_currencies CROSS JOIN main_currency
LEFT JOIN (SELECT unnest($codes::VARCHAR[]) AS currency, unnest($rates::DOUBLE[]) AS rate) AS rates USING (currency)
""",
)

MAKE_ORDERS: Final = (
    f"""
CREATE OR REPLACE TABLE order_events AS
SELECT
    order_id, event, event_id, visitor_id, at_s, accepted_at_s, log_partition, position, amount, currency, items,
    coalesce(claimed, false) AS claimed,
    -- Older files do not say whether an amount is a value that was told or what the items' prices come to.
    coalesce(valued, abs(amount - coalesce(list_sum({_PRICED}), 0.0)) >= 0.005) AS valued
FROM happened
WHERE order_id <> '' AND event IN ({sql_names(ORDERED_EVENTS | UNDONE_EVENTS)})
""",  # noqa: S608 - names of our own events alone
    # Whether others than browsers, whose word is a claim, tell what is in an order, and what it comes to.
    f"""
CREATE OR REPLACE TABLE order_tellers AS
SELECT
    order_id,
    bool_or(NOT claimed AND len(items) > 0) AS is_listed,
    bool_or(NOT claimed AND amount IS NOT NULL) AS is_priced
FROM order_events WHERE event IN ({sql_names(ORDERED_EVENTS)})
GROUP BY order_id
""",  # noqa: S608
    # Each item as the latest event tells it that names it; claims count where nobody else tells of the same.
    f"""
CREATE OR REPLACE TABLE order_lines AS
WITH named AS (
    SELECT
        order_id, at_s, accepted_at_s, log_partition, position, amount, currency, claimed,
        coalesce(list_sum({_PIECES}), 0.0) AS pieces,
        coalesce(list_sum({_PRICED}), 0.0) AS priced,
        unnest(items) AS item
    FROM order_events WHERE event IN ({sql_names(ORDERED_EVENTS)})
), told AS (
    SELECT
        order_id, item.item_id AS item_id, at_s, accepted_at_s, log_partition, position, currency, claimed,
        sum(item.quantity) AS quantity,
        CASE
            WHEN any_value(priced) > 0
            THEN any_value(amount) * sum(coalesce(item.price, 0.0) * item.quantity) / any_value(priced)
            ELSE any_value(amount) * sum(item.quantity) / any_value(pieces)
        END AS worth
    FROM named GROUP BY ALL
)
SELECT
    order_id, item_id,
    arg_max(quantity, {_LATEST}) FILTER (claimed <> is_listed) AS quantity,
    arg_max(worth, {_LATEST}) FILTER ({_WORTH}) AS worth,
    arg_max(currency, {_LATEST}) FILTER ({_WORTH}) AS currency,
    max(at_s) FILTER ({_WORTH}) AS valued_at_s
FROM told JOIN order_tellers USING (order_id) GROUP BY order_id, item_id
HAVING count(*) FILTER (claimed <> is_listed) > 0
""",  # noqa: S608
    # What took something back, each told of once.
    f"""
CREATE OR REPLACE TABLE order_undos AS
SELECT row_number() OVER () AS number, *
FROM (
    SELECT order_id, event, amount, currency, valued, items
    FROM (
        SELECT *, CASE
            WHEN event_id <> '' THEN event_id
            ELSE concat_ws(chr(31), event, round(amount * 100), list_sort(
                list_transform(items, lambda item: (item.item_id, item.quantity))
            )::VARCHAR)
        END AS said
        FROM order_events
        WHERE event IN ({sql_names(UNDONE_EVENTS)}) AND NOT (event = 'order_cancelled' AND len(items) = 0)
    )
    QUALIFY row_number() OVER (PARTITION BY order_id, said ORDER BY at_s, accepted_at_s, position) = 1
)
""",  # noqa: S608
    f"""
CREATE OR REPLACE TABLE orders AS
WITH told AS (
    SELECT
        order_id,
        min(at_s) AS at_s,
        arg_min(visitor_id, {_LATEST}) AS visitor_id,
        arg_max(currency, {_LATEST}) FILTER (
            amount IS NOT NULL AND currency <> '' AND claimed <> is_priced
        ) AS currency,
        bool_or(event IN ({sql_names(PAID_EVENTS)}) AND NOT claimed) AS paid,
        arg_max(amount, {_LATEST}) FILTER ({_WHOLE}) AS whole,
        arg_max(currency, {_LATEST}) FILTER ({_WHOLE}) AS whole_currency,
        max(at_s) FILTER ({_WHOLE}) AS whole_at_s
    FROM order_events JOIN order_tellers USING (order_id) WHERE event IN ({sql_names(ORDERED_EVENTS)})
    GROUP BY order_id
), visited AS (
    SELECT
        order_id,
        arg_min(visitor_id, (at_s, position)) AS visitor_id,
        arg_min(named_session, (at_s, position)) AS named_session,
        arg_min(visit_number, (at_s, position)) AS visit_number
    FROM visit_events WHERE order_id <> '' AND event IN ({sql_names(ORDERED_EVENTS)})
    GROUP BY order_id
), led AS (
    -- What was told off site alone came of the latest visit before it.
    SELECT told.order_id, visits.visitor_id, visits.named_session, visits.visit_number
    FROM told ASOF JOIN visits ON visits.visitor_id = told.visitor_id AND visits.started_at_s <= told.at_s
    WHERE told.at_s - visits.started_at_s <= $lookback_s
), counted AS (
    -- An order has one currency; what was told in another does not count.
    SELECT order_lines.* EXCLUDE (currency) FROM order_lines JOIN told USING (order_id)
    WHERE {_comparable("order_lines.currency", "told.currency")}
), lines AS (
    SELECT order_id, sum(coalesce(worth, 0.0)) AS worth, max(valued_at_s) AS valued_at_s
    FROM counted GROUP BY order_id
), cancelled AS (
    SELECT DISTINCT order_id FROM order_events WHERE event = 'order_cancelled' AND len(items) = 0
), undo_amounts AS (
    -- An amount in another currency than the order's is none.
    SELECT
        number, order_id, event, items, valued,
        amount IS NULL AS of_all,
        CASE WHEN {_comparable("order_undos.currency", "told.currency")} THEN amount END AS amount,
        coalesce(list_sum({_PIECES}), 0.0) AS pieces, coalesce(list_sum({_PRICED}), 0.0) AS priced
    FROM order_undos LEFT JOIN told USING (order_id)
), undo_items AS (
    SELECT
        number, order_id, event, item.item_id AS item_id, any_value(amount) AS amount, any_value(valued) AS valued,
        sum(item.quantity) AS quantity,
        any_value(amount) * CASE
            WHEN any_value(priced) > 0 THEN sum(coalesce(item.price, 0.0) * item.quantity) / any_value(priced)
            ELSE sum(item.quantity) / any_value(pieces)
        END AS share
    FROM (SELECT *, unnest(items) AS item FROM undo_amounts)
    GROUP BY number, order_id, event, item.item_id
), undo_lines AS (
    -- What events of one name say of a line: no more than it came to, unless they say so themselves.
    SELECT
        undo_items.order_id, event, undo_items.item_id, any_value(worth) AS worth,
        sum(undo_items.quantity) AS quantity,
        coalesce(sum(share) FILTER (valued), 0.0) AS said,
        coalesce(sum(share), 0.0) + coalesce(any_value(worth) * least(
            coalesce(sum(undo_items.quantity) FILTER (amount IS NULL), 0.0) / any_value(counted.quantity), 1.0
        ), 0.0) AS taken
    FROM undo_items LEFT JOIN counted USING (order_id, item_id)
    GROUP BY undo_items.order_id, event, undo_items.item_id
), undone AS (
    SELECT
        order_id, item_id, any_value(worth) AS worth,
        {_UNDONE.format(what="quantity", event="order_returned")} AS units_returned,
        {_UNDONE.format(what="quantity", event="refund")} AS units_refunded,
        {_UNDONE.format(what="quantity", event="order_cancelled")} AS units_cancelled,
        {_UNDONE.format(what=_CAPPED, event="order_returned")} AS returned,
        {_UNDONE.format(what=_CAPPED, event="refund")} AS refunded,
        {_UNDONE.format(what=_CAPPED, event="order_cancelled")} AS cancelled,
        {_UNDONE.format(what="said", event="order_cancelled")} AS said_cancelled
    FROM undo_lines GROUP BY order_id, item_id
), of_lines AS (
    -- A return and a refund of one line are of the same goods, of different lines they are not.
    SELECT
        order_id, sum(returned) AS returned, sum(refunded) AS refunded, sum(greatest(returned, refunded)) AS either,
        sum(CASE
            WHEN worth IS NULL THEN cancelled
            ELSE least(cancelled, greatest(worth - greatest(returned, refunded), said_cancelled))
        END) AS cancelled
    FROM undone GROUP BY order_id
), of_no_line AS (
    SELECT
        order_id,
        {_UNDONE.format(what="worth", event="order_returned")} AS returned,
        {_UNDONE.format(what="worth", event="refund")} AS refunded,
        {_UNDONE.format(what="worth", event="order_cancelled")} AS cancelled
    FROM (
        SELECT order_id, event, CASE WHEN of_all THEN 'Infinity'::DOUBLE ELSE coalesce(amount, 0.0) END AS worth
        FROM undo_amounts WHERE len(items) = 0
    )
    GROUP BY order_id
), taken AS (
    SELECT order_id, greatest(
        coalesce(either, 0.0),
        coalesce(of_lines.returned, 0.0) + coalesce(of_no_line.returned, 0.0),
        coalesce(of_lines.refunded, 0.0) + coalesce(of_no_line.refunded, 0.0)
    ) + coalesce(of_lines.cancelled, 0.0) + coalesce(of_no_line.cancelled, 0.0) AS worth
    FROM of_lines FULL JOIN of_no_line USING (order_id)
), back AS (
    SELECT order_id, item_id, greatest(units_returned, units_refunded) + units_cancelled AS quantity FROM undone
), units AS (
    SELECT order_id, sum(greatest(order_lines.quantity - coalesce(back.quantity, 0.0), 0.0)) AS units
    FROM order_lines LEFT JOIN back USING (order_id, item_id)
    GROUP BY order_id
), worked_out AS (
    SELECT
        told.order_id,
        coalesce(visited.visitor_id, told.visitor_id) AS visitor_id,
        told.at_s,
        coalesce(visited.named_session, led.named_session) AS named_session,
        coalesce(visited.visit_number, led.visit_number) AS visit_number,
        told.paid,
        told.currency,
        CASE
            WHEN whole IS NOT NULL AND {_comparable("whole_currency", "told.currency")}
            AND whole_at_s > coalesce(lines.valued_at_s, '-Infinity'::DOUBLE) THEN whole
            ELSE coalesce(lines.worth, 0.0)
        END AS gross,
        coalesce(taken.worth, 0.0) AS taken,
        units.units
    FROM told
    LEFT JOIN visited USING (order_id) LEFT JOIN led USING (order_id)
    LEFT JOIN lines USING (order_id) LEFT JOIN taken USING (order_id)
    LEFT JOIN units USING (order_id) ANTI JOIN cancelled USING (order_id)
)
SELECT
    visitor_id, order_id, at_s, named_session, visit_number, coalesce(units, 0.0) AS units,
    coalesce(other, '') AS other_currency,
    CASE WHEN coalesce(other, '') = '' THEN greatest(gross - taken, 0.0) * coalesce(rate, 1.0) ELSE 0.0 END AS revenue,
    CASE WHEN coalesce(other, '') = '' THEN 0.0 ELSE greatest(gross - taken, 0.0) END AS other_revenue
FROM worked_out LEFT JOIN reckoned USING (currency)
WHERE paid AND CASE
    WHEN gross >= 0.005 THEN gross - taken >= 0.005
    ELSE NOT (taken = 'Infinity'::DOUBLE OR coalesce(units, 1.0) <= 1e-9)
END
""",  # noqa: S608
    "DROP TABLE order_events",
    "DROP TABLE order_tellers",
)
