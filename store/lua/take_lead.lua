-- Makes a process the leader of a site's models, or lets it stay so.
-- KEYS: leader.
-- ARGV: token (of the process), lifetime_s.
-- Returns 1, or 0 while another process leads.
local leader = KEYS[1]
local token, lifetime_s = ARGV[1], ARGV[2]

local holder = redis.call('GET', leader)
if holder and holder ~= token then
  -- Nobody leads for longer than that without saying so again: the server's clock has gone back.
  if redis.call('TTL', leader) > tonumber(lifetime_s) then redis.call('EXPIRE', leader, lifetime_s) end
  return 0
end
redis.call('SET', leader, token, 'EX', lifetime_s)
return 1
