-- Gives up a member's lease of a partition.
-- KEYS: lease.
-- ARGV: member.
-- Returns 1, or 0 where the member does not hold it.
local lease = KEYS[1]
local member = ARGV[1]

if redis.call('GET', lease) == member then return redis.call('DEL', lease) end
return 0
