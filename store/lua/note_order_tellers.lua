-- Adds a teller to each order, unless it has the most already.
-- KEYS: a set for each order, all of one partition; an order told of twice stands there twice.
-- ARGV: most_tellers, lifetime_s, then the teller of each order.
-- Returns the tellers of each order.
local most_tellers, lifetime_s = tonumber(ARGV[1]), ARGV[2]

local found = {}
for place, order in ipairs(KEYS) do
  if redis.call('SCARD', order) < most_tellers then
    redis.call('SADD', order, ARGV[2 + place])
  end
  redis.call('EXPIRE', order, lifetime_s)
  local tellers = redis.call('SMEMBERS', order)
  table.sort(tellers)
  found[place] = tellers
end
return found
