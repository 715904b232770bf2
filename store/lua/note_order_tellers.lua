-- Adds a teller to each order, unless it has the most already, and what is told to what was told of the order before.
-- KEYS: three for each order, all of one partition: a set of its tellers, a set of those of them who are owed what was
--   told before they came, a list of what was told; an order told of twice stands there twice.
-- ARGV: most_tellers, most_told, most_told_bytes, mark_bytes, lifetime_s, then for each order the teller and what is
--   told, which begins with so many bytes that tell it from all else. Beyond the bounds the second oldest goes: the
--   oldest mostly says what the order is of.
-- Returns for each order its tellers, what was told before, and 1 where the teller has yet to hear that, else 0.
local most_tellers, most_told, most_told_bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local mark_bytes, lifetime_s, arguments = tonumber(ARGV[4]), ARGV[5], 5

local function put(told, earlier, entry)
  local bytes = #entry
  for _, known in ipairs(earlier) do
    if string.sub(known, 1, mark_bytes) == string.sub(entry, 1, mark_bytes) then return end
    bytes = bytes + #known
  end
  redis.call('RPUSH', told, entry)
  local count, second = #earlier + 1, 2
  while second <= #earlier and (count > most_told or bytes > most_told_bytes) do
    redis.call('LREM', told, 1, earlier[second])
    count, bytes, second = count - 1, bytes - #earlier[second], second + 1
  end
end

local found, heard = {}, {}
for place = 1, #KEYS / 3 do
  local tellers, owed, told = KEYS[3 * place - 2], KEYS[3 * place - 1], KEYS[3 * place]
  local teller, entry = ARGV[arguments + 2 * place - 1], ARGV[arguments + 2 * place]
  local earlier = redis.call('LRANGE', told, 0, -1)
  local known = redis.call('SISMEMBER', tellers, teller) == 1
  local waits = #earlier > 0 and (not known or redis.call('SISMEMBER', owed, teller) == 1)
  if not known and redis.call('SCARD', tellers) < most_tellers then
    redis.call('SADD', tellers, teller)
    if waits then redis.call('SADD', owed, teller) end
  end
  put(told, earlier, entry)
  for _, key in ipairs({tellers, owed, told}) do redis.call('EXPIRE', key, lifetime_s) end
  local everybody = redis.call('SMEMBERS', tellers)
  table.sort(everybody)
  local once = told .. '\n' .. teller
  found[place] = {everybody, earlier, (waits and not heard[once]) and 1 or 0}
  heard[once] = true
end
return found
