-- Moves a site's clock to the time of an event, unless it is there already.
-- KEYS: clock.
-- ARGV: at_s (epoch seconds), lifetime_s.
-- Returns the clock's time, epoch seconds as text.
local clock = KEYS[1]
local at_s, lifetime_s = ARGV[1], ARGV[2]

local known = tonumber(redis.call('GET', clock) or '0')
local seen = tonumber(at_s)
if seen > known then
  redis.call('SET', clock, at_s)
  known = seen
end
redis.call('EXPIRE', clock, lifetime_s)
return string.format('%.6f', known)
