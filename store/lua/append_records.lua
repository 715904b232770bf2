-- Appends records to a partition at the next positions, and drops those that have become too old. Stands behind
-- `last_position.lua`.
-- KEYS: records.
-- ARGV: retention_ms, lifetime_s, then the records.
-- Returns the position of the last record appended.
local records = KEYS[1]
local retention_ms, lifetime_s = tonumber(ARGV[1]), ARGV[2]
local HEAD = 2

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local cutoff_ms = now_ms - retention_ms
local count = #ARGV - HEAD
local before = last_position(records)
local stamp = string.format('%.0f', now_ms)
for i = 1, count do
  redis.call('XADD', records, string.format('%.0f-0', before + i), 'v', ARGV[HEAD + i], 't', stamp)
end
redis.call('EXPIRE', records, lifetime_s)

-- Position and server time of the first record from an id on.
local function peek(from)
  local id, fields = unpack(redis.call('XRANGE', records, from, '+', 'COUNT', 1)[1])
  local stamped_ms = fields[4]
  return tonumber(string.match(id, '^%d+')), tonumber(stamped_ms)
end

-- Retention first looks at the oldest record alone. Only when that is too old does it look further on, in falling
-- steps, so that one append drops no more than twice what it adds or 1,000 records, whichever is more.
local oldest, at_ms = peek('-')
if at_ms < cutoff_ms then
  for _, step in ipairs({math.max(1000, 2 * count), 100, 10, 1}) do
    if oldest + step <= before + count then
      local id = string.format('%.0f-0', oldest + step)
      local _, further_ms = peek(id)
      if further_ms < cutoff_ms then
        redis.call('XTRIM', records, 'MINID', '=', id)
        break
      end
    end
  end
end
return before + count
