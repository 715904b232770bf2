-- Tells from where the positions of one life of a topic count. A life never seen before begins past all that were.
-- KEYS: lives.
-- ARGV: topic_id, known_id, known_counting, known_base, newest, gap, lifetime_s.
-- What is known is the caller's word on the life before it, or on this one, empty where it knows of none; newest is the
-- highest offset it saw there. The counting is what positions are of.
-- Returns {counting, base}.
local lives = KEYS[1]
local topic_id, known_id, known_counting = ARGV[1], ARGV[2], ARGV[3]
local known_base, newest = tonumber(ARGV[4]), tonumber(ARGV[5])
local gap, lifetime_s = tonumber(ARGV[6]), ARGV[7]

local function as_text(number) return string.format('%.0f', number) end

local counting = redis.call('HGET', lives, 'counting')
if not counting then
  -- Nobody has asked yet, or Redis has lost it: who has a base goes on with it.
  counting = topic_id
  local base_of = topic_id
  if known_id ~= '' then counting, base_of = known_counting, known_id end
  redis.call('HSET', lives, 'counting', counting, 'base:' .. base_of, as_text(known_base))
end
local highest = tonumber(redis.call('HGET', lives, 'highest') or '0')
if known_id ~= '' and known_base + newest > highest then
  highest = known_base + newest
  redis.call('HSET', lives, 'highest', as_text(highest))
end
local base = redis.call('HGET', lives, 'base:' .. topic_id)
if not base then
  base = as_text((math.floor(highest / gap) + 2) * gap)
  redis.call('HSET', lives, 'base:' .. topic_id, base, 'highest', base) -- also where nobody notes how far it comes
end
redis.call('EXPIRE', lives, lifetime_s)
return {counting, base}
