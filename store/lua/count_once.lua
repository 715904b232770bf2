-- Counts records of a log partition, each once: those up to the last one counted were counted before.
-- KEYS: counts.
-- ARGV: counts_lifetime_s, field, position_field, then the records' positions, rising.
-- Returns how many were new.
local counts = KEYS[1]
local counts_lifetime_s, field, position_field = ARGV[1], ARGV[2], ARGV[3]

local counted_until = tonumber(redis.call('HGET', counts, position_field) or '0')
local new = 0
for a = 4, #ARGV do
  if tonumber(ARGV[a]) > counted_until then new = new + 1 end
end
if new > 0 then
  redis.call('HINCRBY', counts, field, new)
  redis.call('HSET', counts, position_field, ARGV[#ARGV])
end
redis.call('EXPIRE', counts, counts_lifetime_s)
return new
