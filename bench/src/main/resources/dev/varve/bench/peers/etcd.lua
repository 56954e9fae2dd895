-- etcd by its JSON gateway, in which keys and values are base64.

local requests = require("requests")

local make = {}

local function post(path, body)
    return wrk.format("POST", path, { ["Content-Type"] = "application/json" }, body)
end

local function entry(key, value)
    return string.format('{"key":"%s","value":"%s"}', requests.base64(key), requests.base64(value))
end

function make.put(key, value)
    return post("/v3/kv/put", entry(key, value))
end

function make.get(key)
    return post("/v3/kv/range", string.format('{"key":"%s"}', requests.base64(key)))
end

-- The end of etcd's ranges is exclusive: the first key behind the last one.
function make.range(first, last, count)
    return post("/v3/kv/range", string.format('{"key":"%s","range_end":"%s","limit":%d}',
        requests.base64(first), requests.base64(last .. "\0"), count))
end

function make.batch(entries)
    local puts = {}
    for i, e in ipairs(entries) do
        puts[i] = '{"requestPut":' .. entry(e[1], e[2]) .. "}"
    end
    return post("/v3/kv/txn", '{"success":[' .. table.concat(puts, ",") .. "]}")
end

function init(arguments)
    requests.prepare(arguments, make)
end
