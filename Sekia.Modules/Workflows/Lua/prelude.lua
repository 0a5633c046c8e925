-- Runs once in every new state, before the script: takes away what leads out of the sandbox, keeps the few Lua 5.1 functions that
-- workflows use, and makes the global table `sekia` of the functions given. Answers the function that begins a run, and one that makes
-- a text of any value.
-- What it needs later it keeps in locals: a script may put anything in the place of a global.
local array_mark, native, most_items = ...
local error, pcall, type, select, tostring, tonumber, next, rawget = error, pcall, type, select, tostring, tonumber, next, rawget
local tointeger, getmetatable, setmetatable, yield, randomseed, log = math.tointeger, getmetatable, setmetatable, coroutine.yield, math.randomseed, math.log
local null = native.null()

-- A C# function answers nil and a message instead of raising: an error must not leap over its frame. Here it is raised, at the line of
-- the script that called.
local function checked(f)
  return function(...)
    local result, fault = f(...)
    if fault ~= nil then
      error(fault, 2)
    end
    return result
  end
end

-- A function that takes time: the run stops here and goes on with the answer. A fault in the question itself is raised.
local function awaited(name)
  return function(...)
    local result, fault, raised = yield(name, ...)
    if raised then
      error(fault, 2)
    end
    return result, fault
  end
end

for _, name in ipairs { "dofile", "load", "loadfile", "loadstring", "require", "collectgarbage", "warn", "coroutine", "package" } do
  _G[name] = nil
end
string.dump = nil

-- A finalizer runs with the hooks off, so an endless one could not be stopped; a closing value could hold up the end of a run.
function _G.setmetatable(t, mt)
  if type(mt) == "table" and (rawget(mt, "__gc") ~= nil or rawget(mt, "__close") ~= nil) then
    error("__gc and __close cannot be used in workflows", 2)
  end
  return setmetatable(t, mt)
end

-- The mark of arrays stays out of reach: a script would give it a finalizer.
array_mark.__metatable = "sekia.array"

-- A handler of Lua's own xpcall would be called in the hook that stops a script, with the hooks off. This one is called afterwards.
local function handled(handler, ok, ...)
  if ok then
    return true, ...
  end
  return false, select(2, pcall(handler, ...))
end
function xpcall(f, handler, ...)
  return handled(handler, pcall(f, ...))
end

unpack = table.unpack
function table.getn(t) return #t end
function table.maxn(t)
  local greatest = 0
  for k in next, t do
    if type(k) == "number" and k > greatest then greatest = k end
  end
  return greatest
end
function math.pow(x, y) return x ^ y end
function math.log10(x) return log(x, 10) end
math.mod = math.fmod
string.gfind = string.gmatch

-- No hook fires inside a function of C's, so none of these may have more to do than there can be items in memory. The length of a list
-- with a metatable is whatever its `__len` says at that moment: such a list is worked on here, where hooks fire.
local insert, remove, move, join, sort = table.insert, table.remove, table.move, table.concat, table.sort
local function bounded(name, items)
  if items > most_items then
    error("too many items for '" .. name .. "'", 3)
  end
end
local function has_length_of_its_own(name, t)
  if type(t) ~= "table" then
    error("bad argument #1 to '" .. name .. "' (table expected, got " .. type(t) .. ")", 3)
  end
  return getmetatable(t) ~= nil
end
local function in_range(name, position, last)
  if not position or position < 1 or position > last then
    error("bad argument #2 to '" .. name .. "' (position out of bounds)", 3)
  end
end

function table.insert(t, ...)
  local has_own = has_length_of_its_own("insert", t)
  if select("#", ...) ~= 2 then
    return insert(t, ...)
  end
  if not has_own then
    bounded("insert", #t)
    return insert(t, ...)
  end
  local position, value = ...
  position = tointeger(tonumber(position))
  local last = #t + 1
  in_range("insert", position, last)
  for i = last, position + 1, -1 do
    t[i] = t[i - 1]
  end
  t[position] = value
end

function table.remove(t, ...)
  if not has_length_of_its_own("remove", t) then
    bounded("remove", #t)
    return remove(t, ...)
  end
  local last = #t
  local position = tointeger(tonumber(... or last))
  if last > 0 or position ~= 0 then
    in_range("remove", position, last + 1)
  end
  local value = t[position]
  for i = position, last - 1 do
    t[i] = t[i + 1]
  end
  t[position < last and last or position] = nil
  return value
end

function table.move(t, first, last, ...)
  local from, to = tonumber(first), tonumber(last)
  if from and to then
    bounded("move", to - from)
  end
  return move(t, first, last, ...)
end

function table.concat(t, separator, first, last)
  has_length_of_its_own("concat", t)
  last = last or #t
  local from, to = tonumber(first or 1), tonumber(last)
  if from and to then
    bounded("concat", to - from)
  end
  return join(t, separator, first, last)
end

-- A long list is compared by a function of Lua's.
function table.sort(t, before)
  if has_length_of_its_own("sort", t) or #t > 1000 then
    local given = before
    if before == nil then
      before = function(a, b) return a < b end
    elseif type(before) == "function" then
      before = function(a, b) return given(a, b) end
    end
  end
  return sort(t, before)
end

-- Without arguments Lua takes the clock and an address of the host; here everything comes out the same when it is run again.
function math.randomseed(x, y)
  randomseed(x or 0, y or 0)
end
randomseed(0, 0)

local write = native.log
function print(...)
  local texts = { ... }
  for i = 1, select("#", ...) do
    texts[i] = tostring(texts[i])
  end
  local _, fault = write("info", join(texts, "\t"))
  if fault ~= nil then
    error(fault, 2)
  end
end

sekia = {
  name = native.name(),
  null = null,
  on = checked(native.on),
  publish = checked(native.publish),
  command = checked(native.command),
  log = checked(native.log),
  now = checked(native.now),
  schedule = checked(native.schedule),
  call = awaited("call"),
  json = { encode = checked(native.json_encode), decode = checked(native.json_decode) },
  state = {
    get = checked(native.state_get),
    set = checked(native.state_set),
    delete = checked(native.state_delete),
    keys = checked(native.state_keys),
  },
}

function sekia.array(t)
  if t ~= nil and type(t) ~= "table" then
    error("bad argument #1 to 'array' (table expected, got " .. type(t) .. ")", 2)
  end
  if getmetatable(t) == "sekia.array" then
    return t
  end
  return setmetatable(t or {}, array_mark)
end

return function(handler, seed, more, event)
  randomseed(seed, more)
  handler(event)
end, function(value)
  return tostring(value)
end
