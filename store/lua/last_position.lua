-- A function for the scripts of the log, which stand behind it: gives the position of the newest record of a stream, 0
-- where there never was one. Record ids are `<position>-0`.
local function last_position(records)
  if redis.call('EXISTS', records) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', records)
  for i = 1, #info, 2 do
    local name, value = info[i], info[i + 1]
    if name == 'last-generated-id' then return tonumber(string.match(value, '^%d+')) end
  end
end
