-- Adds a line to a device's links, unless it is there; the oldest lines go beyond the most.
-- KEYS: links.
-- ARGV: link (ends with a newline), most_links, lifetime_s.
-- Returns nothing.
local links = KEYS[1]
local link, most_links, lifetime_s = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local known = redis.call('GET', links) or ''
if not string.find('\n' .. known, '\n' .. link, 1, true) then
  known = known .. link
  local _, count = string.gsub(known, '\n', '')
  while count > most_links do
    known = string.sub(known, string.find(known, '\n', 1, true) + 1)
    count = count - 1
  end
end
redis.call('SET', links, known, 'EX', lifetime_s)
