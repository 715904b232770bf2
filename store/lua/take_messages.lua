-- Takes messages that are due out of one way's outbox for a while: they come back at a time, unless settled before.
-- KEYS: outbox, bodies.
-- ARGV: now_s, until_s (epoch seconds), most, way.
-- Returns {message_id, body, tries} of each, end to end; `tries` counts this one.
local outbox, bodies = KEYS[1], KEYS[2]
local now_s, until_s, most, way = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local taken = {}
for _, message_id in ipairs(redis.call('ZRANGEBYSCORE', outbox, '-inf', now_s, 'LIMIT', 0, most)) do
  local name = way .. ':' .. message_id
  local body = redis.call('HGET', bodies, name)
  if body then
    redis.call('ZADD', outbox, until_s, message_id)
    taken[#taken + 1] = message_id
    taken[#taken + 1] = body
    taken[#taken + 1] = redis.call('HINCRBY', bodies, 'tries:' .. name, 1)
  else
    redis.call('ZREM', outbox, message_id)
  end
end
return taken
