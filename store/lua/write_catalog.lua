-- Sets and deletes resources of one kind, and notes under a new version which. Stands behind `grow_version.lua`.
-- KEYS: resources, changes, version, stamp, stamps.
-- ARGV: lifetime_s, kind, stamp_of_chance, most_stamps, then an id and a value each; an empty value deletes.
-- Returns how many resources were set, or were there and deleted.
local resources, changes, version, stamp, stamps = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local lifetime_s, kind, stamp_of_chance, most_stamps = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local FIRST_PAIR = 5

local number, made = grow_version(version, stamp, stamp_of_chance)
-- Whoever knows a stamp of before that is here still has missed nothing but what was changed since.
redis.call('ZREMRANGEBYSCORE', stamps, number, '+inf')
redis.call('ZADD', stamps, number, made)
redis.call('ZREMRANGEBYRANK', stamps, 0, -most_stamps - 1)
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
