-- Saves trigger states of one partition, when to look at each next, and what goes with each.
-- One whose stored revision is not the one loaded is refused, and nothing of it is written.
-- KEYS: timers, then a trigger state each, then every other key the commands name.
-- ARGV: trigger_state_lifetime_s, timers_lifetime_s, then for each trigger state four:
--   loaded_revision     8 bytes
--   state               the new one, which starts with 8 bytes of revision
--   due_s               when to look next; empty for never
--   visitor_commands    msgpack of {visitor, command, ...}; a command is a list of its words
-- Returns the indexes, from 0, of the trigger states refused.
local timers = KEYS[1]
local trigger_state_lifetime_s, timers_lifetime_s = ARGV[1], ARGV[2]
local HEAD, ROW = 2, 4
local NO_REVISION = string.rep('\0', 8)

local refused = {}
for i = 1, (#ARGV - HEAD) / ROW do
  local at = HEAD + (i - 1) * ROW
  local trigger_state = KEYS[1 + i]
  local loaded_revision, state, due_s, visitor_commands = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local stored_revision = redis.call('GETRANGE', trigger_state, 0, 7)
  if stored_revision == '' then stored_revision = NO_REVISION end
  if stored_revision ~= loaded_revision then
    refused[#refused + 1] = i - 1
  else
    local commands = cmsgpack.unpack(visitor_commands)
    local visitor = commands[1]
    redis.call('SET', trigger_state, state, 'EX', trigger_state_lifetime_s)
    if due_s == '' then
      redis.call('ZREM', timers, visitor)
    else
      redis.call('ZADD', timers, due_s, visitor)
    end
    for c = 2, #commands do redis.call(unpack(commands[c])) end
  end
end
redis.call('EXPIRE', timers, timers_lifetime_s)
return refused
