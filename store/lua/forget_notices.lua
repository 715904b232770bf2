-- Forgets events that are in the log now.
-- KEYS: notices.
-- ARGV: the events.
-- Returns how many are left.
local notices = KEYS[1]

for a = 1, #ARGV do redis.call('LREM', notices, 1, ARGV[a]) end
return redis.call('LLEN', notices)
