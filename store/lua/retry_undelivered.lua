-- Puts messages of one way that were set aside back into its outbox.
-- KEYS: undelivered, outbox, bodies.
-- ARGV: now_s (epoch seconds), way, lifetime_s, then a name `<way>:<id>` each.
-- Returns how many were put back.
local undelivered, outbox, bodies = KEYS[1], KEYS[2], KEYS[3]
local now_s, way, lifetime_s = ARGV[1], ARGV[2], ARGV[3]
local FIRST_NAME = 4

local moved = 0
for a = FIRST_NAME, #ARGV do
  local name = ARGV[a]
  local id = string.sub(name, #way + 2)
  if redis.call('ZREM', undelivered, name) == 1 and redis.call('HEXISTS', bodies, name) == 1 then
    redis.call('ZADD', outbox, now_s, id)
    moved = moved + 1
  end
end
redis.call('EXPIRE', outbox, lifetime_s)
return moved
