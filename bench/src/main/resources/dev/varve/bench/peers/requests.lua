-- What the loads of all servers share. wrk calls request() for every request, so the requests are made beforehand and
-- drawn from a pool: the generator has the processors of the servers that it measures.

local requests = {}

local POOLS = { put = 16384, get = 16384, range = 4096, batch = 256 }
local RANGE_KEYS, BATCH_KEYS = 100, 100
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local threads = 0
local pool, poolSize

-- Text of random letters, six bits each.
local function value(bytes)
    local letters = {}
    for i = 1, bytes do
        local at = math.random(64)
        letters[i] = ALPHABET:sub(at, at)
    end
    return table.concat(letters)
end

local function key(number)
    return string.format("key-%08d", number)
end

function requests.base64(text)
    local out = {}
    for i = 1, #text, 3 do
        local a, b, c = text:byte(i, i + 2)
        local bits = a * 65536 + (b or 0) * 256 + (c or 0)
        for j = 0, 3 do
            local at = math.floor(bits / 64 ^ (3 - j)) % 64 + 1
            local missing = (j == 2 and not b) or (j == 3 and not c)
            out[#out + 1] = missing and "=" or ALPHABET:sub(at, at)
        end
    end
    return table.concat(out)
end

-- Fills the pool. arguments: operation, number of keys, bytes of a value, seed.
-- make.put(key, value), make.get(key), make.range(first, last, count), make.batch(list of {key, value}) return requests.
function requests.prepare(arguments, make)
    local operation, keys, bytes = arguments[1], tonumber(arguments[2]), tonumber(arguments[3])
    math.randomseed(tonumber(arguments[4]) + thread_number * 7919)
    pool, poolSize = {}, POOLS[operation]
    for i = 1, poolSize do
        if operation == "put" then
            pool[i] = make.put(key(math.random(0, keys - 1)), value(bytes))
        elseif operation == "get" then
            pool[i] = make.get(key(math.random(0, keys - 1)))
        elseif operation == "range" then
            local first = math.random(0, keys - RANGE_KEYS)
            pool[i] = make.range(key(first), key(first + RANGE_KEYS - 1), RANGE_KEYS)
        else
            local first, entries = math.random(0, keys - BATCH_KEYS), {}
            for j = 1, BATCH_KEYS do
                entries[j] = { key(first + j - 1), value(bytes) }
            end
            pool[i] = make.batch(entries)
        end
    end
end

-- The hooks of wrk that are the same for every load.
function setup(thread)
    thread:set("thread_number", threads)
    threads = threads + 1
end

function request()
    return pool[math.random(poolSize)]
end

-- One line for the program that started wrk: requests, microseconds, bytes, failures, p50 and p99 in microseconds.
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
        e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end

return requests
