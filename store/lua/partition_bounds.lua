-- Tells which records a partition holds. Stands behind `last_position.lua`.
-- KEYS: records.
-- ARGV: none.
-- Returns {position of the oldest record kept, or end + 1 where none is; end, the position of the newest}.
local records = KEYS[1]

local newest = last_position(records)
local oldest = redis.call('XRANGE', records, '-', '+', 'COUNT', 1)[1]
if not oldest then return {newest + 1, newest} end
local id = oldest[1]
return {tonumber(string.match(id, '^%d+')), newest}
