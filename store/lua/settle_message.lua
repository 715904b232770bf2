-- Notes what became of a message that was taken, in the outbox and in the journal.
-- KEYS: outbox, bodies, undelivered, journal_entry.
-- ARGV: message_id, way, outcome ('done', 'again' or 'aside'), at_s (epoch seconds: when it is tried again, or was set
--   aside), lifetime_s, then a field and a value each for the journal.
-- Returns 1, or 0, and nothing is written, where the message is on its way no more.
local outbox, bodies, undelivered, journal_entry = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local message_id, way, outcome, at_s, lifetime_s = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local FIRST_PAIR = 6

if redis.call('ZSCORE', outbox, message_id) == false then return 0 end
local name = way .. ':' .. message_id
if outcome == 'again' then
  redis.call('ZADD', outbox, at_s, message_id)
else
  redis.call('ZREM', outbox, message_id)
  redis.call('HDEL', bodies, 'tries:' .. name)
  if outcome == 'aside' then
    redis.call('ZADD', undelivered, at_s, name)
    redis.call('EXPIRE', undelivered, lifetime_s)
  else
    redis.call('HDEL', bodies, name)
  end
end
if redis.call('EXISTS', journal_entry) == 1 then
  for a = FIRST_PAIR, #ARGV, 2 do
    local field, value = ARGV[a], ARGV[a + 1]
    redis.call('HSET', journal_entry, field, value)
  end
end
return 1
