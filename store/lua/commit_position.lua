-- Notes how far a group has come in a partition; that never moves backwards.
-- KEYS: groups, lease.
-- ARGV: group, position, lifetime_s, member (whose lease it must be; empty for a group without members).
-- Returns 1, or 0, and nothing is written, where the member does not hold the lease.
local groups, lease = KEYS[1], KEYS[2]
local group, position, lifetime_s, member = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if member ~= '' and redis.call('GET', lease) ~= member then return 0 end
if tonumber(position) > tonumber(redis.call('HGET', groups, group) or 0) then
  redis.call('HSET', groups, group, position)
end
redis.call('EXPIRE', groups, lifetime_s)
return 1
