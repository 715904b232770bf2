-- Lets another process lead at once.
-- KEYS: leader.
-- ARGV: token (of the process).
-- Returns 1.
local leader = KEYS[1]
local token = ARGV[1]

if redis.call('GET', leader) == token then redis.call('DEL', leader) end
return 1
