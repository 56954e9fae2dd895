-- Varve by its HTTP interface; also a server that answers everything alike.

local requests = require("requests")

local make = {}

function make.put(key, value)
    return wrk.format("PUT", "/put?key=" .. key, nil, value)
end

function make.get(key)
    return wrk.format("GET", "/read?key=" .. key)
end

function make.range(first, last)
    return wrk.format("GET", "/range?start=" .. first .. "&end=" .. last)
end

function make.batch(entries)
    local members = {}
    for i, entry in ipairs(entries) do
        members[i] = string.format('"%s":"%s"', entry[1], entry[2])
    end
    return wrk.format("POST", "/batchput", { ["Content-Type"] = "application/json" }, "{" .. table.concat(members, ",") .. "}")
end

function init(arguments)
    requests.prepare(arguments, make)
end
