-- Saves visitors of one partition: profile, timeline, membership, its counts, when to look again, what is to be told.
-- A visitor whose profile or membership is not what was loaded is refused, and nothing of it is written.
-- KEYS: a profile each, a timeline each in the same order, then counts, memberships, due, membership_counts, notices.
-- ARGV: profile_lifetime_ms, timeline_lifetime_ms, counts_lifetime_s, memberships_lifetime_s, most_entries, rows.
--   `rows` is one value, which costs far less to send and read than as many arguments. A row is eight texts, each
--   behind its length in 4 bytes, and six numbers of 4 bytes:
--   visitor
--   loaded_at           stamp of the profile loaded, 8 bytes
--   profile             the new one, which starts with the 8 bytes of its stamp; empty leaves what is stored
--   loaded_membership   the membership loaded
--   membership          the new one; the same leaves it, an empty one is taken out
--   due_s               when to look again; empty leaves that
--   moved               msgpack of {count_changes, notices_told}: a change is {field, by, at_s}; empty for neither
--   line                '1' where the timeline is to go first, else '0', then new entries, each behind its length in 4
--                       bytes; empty for neither
--   applied, duplicates events
--   on_items, on_unknown_items
--                       of the applied events those that name items, and those that name one the catalog lacks
--   erased              events of a visitor who was erased after them
--   least_lifetime_s    the profile lives at least so long
-- Returns the indexes, from 0, of the rows refused.
local SHARED_KEYS = 5
local visitors = (#KEYS - SHARED_KEYS) / 2
local shared = 2 * visitors
local counts, memberships, due = KEYS[shared + 1], KEYS[shared + 2], KEYS[shared + 3]
local membership_counts, notices = KEYS[shared + 4], KEYS[shared + 5]
local profile_lifetime_ms, timeline_lifetime_ms = tonumber(ARGV[1]), ARGV[2]
local counts_lifetime_s, memberships_lifetime_s = ARGV[3], ARGV[4]
local most_entries, rows = tonumber(ARGV[5]), ARGV[6]
local ROW = '>I4c0I4c0I4c0I4c0I4c0I4c0I4c0I4c0I4I4I4I4I4I4'
local NO_POSITION = string.rep('\0', 8)

local function put_line(timeline, line)
  if string.sub(line, 1, 1) == '1' then redis.call('DEL', timeline) end
  local entries, at = {}, 2
  while at <= #line do
    entries[#entries + 1], at = struct.unpack('>I4c0', line, at)
  end
  if #entries > 0 then
    local size = redis.pcall('RPUSH', timeline, unpack(entries))
    if type(size) == 'table' then -- something that is no timeline stands there: the profile is written already
      redis.call('DEL', timeline)
      size = redis.call('RPUSH', timeline, unpack(entries))
    end
    if size > most_entries then redis.call('LTRIM', timeline, -most_entries, -1) end
  end
end

local function put_membership(visitor, membership)
  if membership == '' then
    redis.call('HDEL', memberships, visitor)
    redis.call('ZREM', due, visitor)
  else
    redis.call('HSET', memberships, visitor, membership)
  end
end

local function put_moved(moved)
  local count_changes, notices_told = unpack(cmsgpack.unpack(moved))
  for _, change in ipairs(count_changes) do
    local field, by, at_s = unpack(change)
    redis.call('HINCRBY', membership_counts, field, by)
    local changed_at = 'at:' .. field
    if tonumber(redis.call('HGET', membership_counts, changed_at) or '0') < tonumber(at_s) then
      redis.call('HSET', membership_counts, changed_at, at_s)
    end
  end
  for _, notice in ipairs(notices_told) do redis.call('RPUSH', notices, notice) end
end

local refused = {}
local moved_any = false
local totals = {applied = 0, duplicates = 0, erased = 0, on_items = 0, on_unknown_items = 0}
local place = 1
for i = 1, visitors do
  local profile_key, timeline = KEYS[i], KEYS[visitors + i]
  local visitor, loaded_at, profile, loaded_membership, membership, due_s, moved, line
  local applied, duplicates, on_items, on_unknown_items, erased, least_lifetime_s
  visitor, loaded_at, profile, loaded_membership, membership, due_s, moved, line, applied, duplicates, on_items,
    on_unknown_items, erased, least_lifetime_s, place = struct.unpack(ROW, rows, place)
  -- Something that is no profile stands for none: an error here would leave those before it uncounted.
  local stored_at = redis.pcall('GETRANGE', profile_key, 0, 7)
  if stored_at == '' or type(stored_at) == 'table' then stored_at = NO_POSITION end
  local stored_membership = redis.call('HGET', memberships, visitor) or ''
  if stored_at ~= loaded_at or stored_membership ~= loaded_membership then
    refused[#refused + 1] = i - 1
  else
    if profile ~= '' then
      redis.call('SET', profile_key, profile, 'PX', math.max(profile_lifetime_ms, 1000 * least_lifetime_s))
    end
    if line ~= '' then put_line(timeline, line) end
    if profile ~= '' then redis.call('PEXPIRE', timeline, timeline_lifetime_ms) end
    totals.applied = totals.applied + applied
    totals.duplicates = totals.duplicates + duplicates
    totals.erased = totals.erased + erased
    totals.on_items = totals.on_items + on_items
    totals.on_unknown_items = totals.on_unknown_items + on_unknown_items
    if membership ~= stored_membership then
      moved_any = true
      put_membership(visitor, membership)
    end
    if due_s ~= '' then redis.call('ZADD', due, due_s, visitor) end
    if moved ~= '' then
      moved_any = true
      put_moved(moved)
    end
  end
end
for name, total in pairs(totals) do
  if total > 0 then redis.call('HINCRBY', counts, name, total) end
end
redis.call('EXPIRE', counts, counts_lifetime_s)
if moved_any then
  for _, key in ipairs({memberships, due, membership_counts, notices}) do
    redis.call('EXPIRE', key, memberships_lifetime_s)
  end
end
return refused
