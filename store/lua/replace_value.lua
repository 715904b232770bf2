-- Puts a value in the place of another, if that is still there; an empty one stands for none.
-- KEYS: key.
-- ARGV: old, new, lifetime_ms.
-- Returns 1, or 0, and nothing is written, where something else is stored by now.
local key = KEYS[1]
local old, new, lifetime_ms = ARGV[1], ARGV[2], ARGV[3]

if (redis.call('GET', key) or '') ~= old then return 0 end
redis.call('SET', key, new, 'PX', lifetime_ms)
return 1
