-- Adds a line to a device's links, unless it is there; beyond the most the earliest go, by the time each begins with.
-- Adds the device to those that the user held; of too many the earliest go.
-- KEYS: links, devices (of the user; the links again, and nothing is added, where the device is nobody's from now on).
-- ARGV: link (ends with a newline), most_links, lifetime_s, device, at_s, most_devices.
-- Returns nothing.
local links, devices = KEYS[1], KEYS[2]
local link, most_links, lifetime_s = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local device, at_s, most_devices = ARGV[4], ARGV[5], tonumber(ARGV[6])

if devices ~= links then
  redis.call('ZADD', devices, at_s, device)
  redis.call('ZREMRANGEBYRANK', devices, 0, -most_devices - 1)
  redis.call('EXPIRE', devices, lifetime_s)
end

local known = redis.call('GET', links) or ''
if not string.find('\n' .. known, '\n' .. link, 1, true) then
  known = known .. link
  local _, count = string.gsub(known, '\n', '')
  while count > most_links do
    local earliest, earliest_s
    for line in string.gmatch(known, '[^\n]*\n') do
      local at_s = tonumber(string.match(line, '^[^\31]*')) or 0
      if not earliest or at_s < earliest_s then earliest, earliest_s = line, at_s end
    end
    local first, last = string.find('\n' .. known, '\n' .. earliest, 1, true)
    known = string.sub(known, 1, first - 1) .. string.sub(known, last)
    count = count - 1
  end
end
redis.call('SET', links, known, 'EX', lifetime_s)
