-- Takes or renews a member's lease of a partition. Stands behind `last_position.lua`.
-- KEYS: lease, holders, groups, records.
-- ARGV: group, member, timeout_ms, lifetime_s.
-- Returns {held, same, committed, end}: 1 where the member holds the lease, else 0; 1 where nobody else has held it
-- since the member last did, which decides whether it may go on from the place it remembers; the position the group
-- has committed; the position of the newest record.
local lease, holders, groups, records = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group, member, timeout_ms, lifetime_s = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local holder = redis.call('GET', lease)
if holder and holder ~= member then
  -- No lease ends later than that: the server's clock has gone back, and whoever held it may be gone for long.
  if redis.call('PTTL', lease) > tonumber(timeout_ms) then redis.call('PEXPIRE', lease, timeout_ms) end
  return {0, 0, 0, 0}
end
local same = redis.call('HGET', holders, group) == member
redis.call('SET', lease, member, 'PX', timeout_ms)
redis.call('HSET', holders, group, member)
redis.call('EXPIRE', holders, lifetime_s)
return {1, same and 1 or 0, tonumber(redis.call('HGET', groups, group) or 0), last_position(records)}
