-- Says that a member of a group is alive.
-- KEYS: members.
-- ARGV: member, timeout_ms, lifetime_s.
-- Returns the members alive now.
local members = KEYS[1]
local member, timeout_ms, lifetime_s = ARGV[1], ARGV[2], ARGV[3]

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local until_ms = string.format('%.0f', now_ms + timeout_ms)
-- Nobody counts as alive for longer than that: the server's clock has gone back.
for _, other in ipairs(redis.call('ZRANGEBYSCORE', members, '(' .. until_ms, '+inf')) do
  redis.call('ZADD', members, until_ms, other)
end
redis.call('ZADD', members, until_ms, member)
redis.call('ZREMRANGEBYSCORE', members, '-inf', string.format('(%.0f', now_ms))
redis.call('EXPIRE', members, lifetime_s)
return redis.call('ZRANGE', members, 0, -1)
