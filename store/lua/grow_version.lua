-- A function for the scripts that change what has a version, which stand behind it: counts a change, and sets the stamp
-- beside the counter, `<number>:<stamp_of_chance>`; gives both.
local function grow_version(version, stamp, stamp_of_chance)
  local number = redis.call('INCR', version)
  local made = number .. ':' .. stamp_of_chance
  redis.call('SET', stamp, made)
  return number, made
end
