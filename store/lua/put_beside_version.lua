-- Sets a key that has the version of a hash, where a value is given, and lets the version grow. Stands behind
-- `grow_version.lua`.
-- KEYS: version, stamp, then the key to set where a value is given.
-- ARGV: lifetime_s, stamp_of_chance, then that value.
-- Returns the new version's number.
local version, stamp, key = KEYS[1], KEYS[2], KEYS[3]
local lifetime_s, stamp_of_chance, value = ARGV[1], ARGV[2], ARGV[3]

if value then redis.call('SET', key, value) end
local number = grow_version(version, stamp, stamp_of_chance)
for k = 1, #KEYS do redis.call('EXPIRE', KEYS[k], lifetime_s) end
return number
