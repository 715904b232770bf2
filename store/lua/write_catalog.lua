-- Sets and deletes resources of one kind, and notes under a new version which.
-- KEYS: resources, changes, version.
-- ARGV: lifetime_s, kind, then an id and a value each; an empty value deletes.
-- Returns how many resources were set, or were there and deleted.
local resources, changes, version = KEYS[1], KEYS[2], KEYS[3]
local lifetime_s, kind = ARGV[1], ARGV[2]
local FIRST_PAIR = 3

local number = redis.call('INCR', version)
local changed = 0
for a = FIRST_PAIR, #ARGV, 2 do
  local id, value = ARGV[a], ARGV[a + 1]
  if value == '' then
    changed = changed + redis.call('HDEL', resources, id)
  else
    redis.call('HSET', resources, id, value)
    changed = changed + 1
  end
  redis.call('ZADD', changes, number, kind .. ':' .. id)
end
for k = 1, #KEYS do redis.call('EXPIRE', KEYS[k], lifetime_s) end
return changed
