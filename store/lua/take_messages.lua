-- Takes messages that are due out of one way's outbox for a while: they come back at a time, unless settled before.
-- KEYS: outbox, bodies.
-- ARGV: now_s, until_s (epoch seconds), most, way.
-- Returns message id, body and number of tries, this one counted, of each, end to end.
local outbox, bodies = KEYS[1], KEYS[2]
local now_s, until_s, most, way = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local taken = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', outbox, '-inf', now_s, 'LIMIT', 0, most)) do
  local name = way .. ':' .. id
  local body = redis.call('HGET', bodies, name)
  if body then
    redis.call('ZADD', outbox, until_s, id)
    taken[#taken + 1] = id
    taken[#taken + 1] = body
    taken[#taken + 1] = redis.call('HINCRBY', bodies, 'tries:' .. name, 1)
  else
    redis.call('ZREM', outbox, id)
  end
end
return taken
