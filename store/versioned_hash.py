"""Versioned: a bounded hash of a site's things, with a number that grows with every change of them."""

from typing import Final

WRITE: Final = """
local changed, added = 0, 0
for a = 3, #ARGV, 2 do
  if ARGV[a + 1] ~= '' and redis.call('HEXISTS', KEYS[1], ARGV[a]) == 0 then added = added + 1 end
end
if redis.call('HLEN', KEYS[1]) + added > tonumber(ARGV[2]) then return -1 end
for a = 3, #ARGV, 2 do
  if ARGV[a + 1] == '' then
    changed = changed + redis.call('HDEL', KEYS[1], ARGV[a])
  elseif redis.call('HGET', KEYS[1], ARGV[a]) ~= ARGV[a + 1] then
    redis.call('HSET', KEYS[1], ARGV[a], ARGV[a + 1])
    changed = changed + 1
  end
end
if changed > 0 then redis.call('INCR', KEYS[2]) end
for k = 1, #KEYS do redis.call('EXPIRE', KEYS[k], ARGV[1]) end
return changed
"""
"""KEYS: the hash, its version. ARGV: lifetime in s, most fields, then field and value pairs; an empty value deletes.

A value that is there already changes nothing; gives how many things changed, or -1 where there would be too many.
"""
