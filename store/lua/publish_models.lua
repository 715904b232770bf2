-- Replaces checkpoint, snapshot and the engine's tables of a site together, for its leader alone.
-- KEYS: leader, checkpoint, snapshot.
-- ARGV: token (of the process), lifetime_s, checkpoint, version, stamp, snapshot, tables.
-- Returns 1, or 0, and nothing is written, where the process leads no more.
local leader, checkpoint_key, snapshot_key = KEYS[1], KEYS[2], KEYS[3]
local token, lifetime_s = ARGV[1], ARGV[2]
local checkpoint, version, stamp, snapshot, tables = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]

if redis.call('GET', leader) ~= token then return 0 end
redis.call('SET', checkpoint_key, checkpoint, 'EX', lifetime_s)
redis.call('HSET', snapshot_key, 'version', version, 'stamp', stamp, 'snapshot', snapshot, 'tables', tables)
redis.call('EXPIRE', snapshot_key, lifetime_s)
return 1
