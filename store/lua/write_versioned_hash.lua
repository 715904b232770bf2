-- Sets and deletes fields of a bounded hash; its version grows where that changes anything. Stands behind
-- `grow_version.lua`.
-- KEYS: hash, version, stamp.
-- ARGV: lifetime_s, most_fields, stamp_of_chance, then a field and a value each; an empty value deletes.
-- Returns how many fields changed, or -1, and nothing is written, where there would be too many.
local hash, version, stamp = KEYS[1], KEYS[2], KEYS[3]
local lifetime_s, most_fields, stamp_of_chance = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local FIRST_PAIR = 4

local changed, added = 0, 0
for a = FIRST_PAIR, #ARGV, 2 do
  local field, value = ARGV[a], ARGV[a + 1]
  if value ~= '' and redis.call('HEXISTS', hash, field) == 0 then added = added + 1 end
end
if redis.call('HLEN', hash) + added > most_fields then return -1 end
for a = FIRST_PAIR, #ARGV, 2 do
  local field, value = ARGV[a], ARGV[a + 1]
  if value == '' then
    changed = changed + redis.call('HDEL', hash, field)
  elseif redis.call('HGET', hash, field) ~= value then
    redis.call('HSET', hash, field, value)
    changed = changed + 1
  end
end
if changed > 0 then grow_version(version, stamp, stamp_of_chance) end
for k = 1, #KEYS do redis.call('EXPIRE', KEYS[k], lifetime_s) end
return changed
