using Sekia.Modules.Workflows.Lua;

namespace Sekia.Tests.Workflows.Lua;

/// <summary>Scripts that mean harm, and what is to end them; <c>null</c> for those that check themselves that they can do none.</summary>
internal static class HostileScripts
{
    public static IReadOnlyDictionary<string, (LuaFault? Fault, string Script)> All { get; } = new Dictionary<string, (LuaFault?, string)>
    {
        // Endless loops.
        ["endless while"] = (LuaFault.Time, "while true do end"),
        ["endless repeat"] = (LuaFault.Time, "repeat local x = 1 until false"),
        ["endless goto"] = (LuaFault.Time, "::again:: goto again"),
        ["endless for"] = (LuaFault.Time, "for i = 1, math.huge do end"),
        ["endless iterator"] = (LuaFault.Time, "for x in function() return 1 end do end"),
        ["endless tail calls"] = (LuaFault.Time, "local function f() return f() end f()"),
        ["endless mutual tail calls"] = (LuaFault.Time, "local g local function f() return g() end g = function() return f() end f()"),
        ["stack overflow"] = (LuaFault.Script, "local function f(a, b, c, d, e) return 1 + f(a, b, c, d, e) end f() -- roomy"),
        ["stack overflow for ever"] = (LuaFault.Time, "local function f() return 1 + f() end while true do pcall(f) end -- roomy"),
        ["endless pcall"] = (LuaFault.Time, "while true do pcall(function() while true do end end) end"),
        ["pcall of pcall"] = (LuaFault.Time, "local function f() while true do pcall(pcall, pcall, f) end end f()"),
        ["recursive pcall"] = (LuaFault.Time, "local function f() pcall(f) pcall(f) end f() -- roomy"),
        ["endless xpcall"] = (LuaFault.Time, "while true do xpcall(function() while true do end end, function() end) end"),
        ["endless xpcall handler"] = (LuaFault.Time, "xpcall(function() while true do end end, function() while true do end end)"),
        ["endless xpcall handler of an error"] = (LuaFault.Time, "xpcall(error, function() while true do end end)"),
        ["error in error handler"] = (LuaFault.Time, "while true do xpcall(error, function() error('again') end) end"),
        ["error handler that calls itself"] = (LuaFault.Time, "local function h() xpcall(error, h) xpcall(error, h) end h()"),
        ["endless comparator"] = (LuaFault.Time, "local t = {} for i = 1, 100 do t[i] = i end while true do table.sort(t, function(a, b) while true do end end) end"),
        ["endless sorting in C"] = (LuaFault.Time, "local t = {} for i = 1, 200000 do t[i] = i end while true do table.sort(t) end"),
        ["endless inserting at the front"] = (LuaFault.Time, "local t = {} for i = 1, 200000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end"),
        ["endless sorting of random numbers"] = (LuaFault.Time, "local t = {} for i = 1, 5e5 do t[i] = math.random() end table.sort(t) while true do for i = 1, 5e5 do t[i] = math.random() end table.sort(t) end -- roomy"),
        ["endless sorting by a function of C"] = (LuaFault.Time, "local t = {} for i = 1, 5e5 do t[i] = math.random(1 << 40) end while true do table.sort(t, math.ult) t[1] = 1 << 41 end -- roomy"),
        ["moving for ever"] = (LuaFault.Script, "table.move({}, 1, 1e15, 2)"),
        ["moving for ever across zero"] = (LuaFault.Script, "table.move({}, math.mininteger, -2, 2)"),
        ["inserting into an endless list"] = (LuaFault.Time, "table.insert(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1, 'x')"),
        ["removing from an endless list"] = (LuaFault.Time, "table.remove(setmetatable({}, { __len = function() return 1e15 // 1 | 0 end }), 1)"),
        ["a list that lies once about its length"] = (null, """
            local asked = 0
            local liar = setmetatable({}, { __len = function() asked = asked + 1 return asked > 1 and 1e15 // 1 | 0 or 1 end })
            table.insert(liar, 1, 'x')
            """),
        ["joining an endless list"] = (LuaFault.Script, "table.concat(setmetatable({}, { __index = table.concat }), '', 1, 1e15)"),
        ["joining an endless list that has strings for numbers"] = (LuaFault.Script, "table.concat(setmetatable({}, { __index = table.concat }), '', '1', '1000000000000000')"),
        ["endless gsub callback"] = (LuaFault.Time, "(('x'):rep(100)):gsub('.', function() while true do end end)"),
        ["endless __index"] = (LuaFault.Time, "local x = setmetatable({}, { __index = function() while true do end end }).y"),
        ["endless __newindex"] = (LuaFault.Time, "setmetatable({}, { __newindex = function() while true do end end }).y = 1"),
        ["endless __eq"] = (LuaFault.Time, "local mt = { __eq = function() while true do end end } return setmetatable({}, mt) == setmetatable({}, mt)"),
        ["endless __lt"] = (LuaFault.Time, "local mt = { __lt = function() while true do end end } return setmetatable({}, mt) < setmetatable({}, mt)"),
        ["endless __le in sort"] = (LuaFault.Time, "local mt = { __lt = function() while true do end end } table.sort({ setmetatable({}, mt), setmetatable({}, mt) })"),
        ["endless __concat"] = (LuaFault.Time, "return setmetatable({}, { __concat = function() while true do end end }) .. 'x'"),
        ["endless __call"] = (LuaFault.Time, "setmetatable({}, { __call = function() while true do end end })()"),
        ["endless __len"] = (LuaFault.Time, "return #setmetatable({}, { __len = function() while true do end end })"),
        ["endless __tostring in print"] = (LuaFault.Time, "print(setmetatable({}, { __tostring = function() while true do end end }))"),
        ["__tostring of an error that fails"] = (LuaFault.Script, "error(setmetatable({}, { __tostring = function() error('again') end }))"),
        ["endless __pairs"] = (LuaFault.Time, "for k in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end"),
        ["endless __unm"] = (LuaFault.Time, "return -setmetatable({}, { __unm = function() while true do end end })"),
        ["__index that is itself"] = (LuaFault.Script, "local t = {} t.__index = t setmetatable(t, t) return t.x"),
        ["endless string method"] = (LuaFault.Time, "getmetatable('').__index = function(s) while true do end end return ('x').y"),
        ["string method that calls itself"] = (LuaFault.Script, "getmetatable('').__index = function(s, k) return s[k] end return ('x').y"),
        ["endless __close smuggled in"] = (LuaFault.Time, "local mt = {} local t = setmetatable({}, mt) mt.__close = function() while true do end end do local x <close> = t end"),
        ["__close at the end of a stopped run"] = (LuaFault.Time, "local mt = {} local t = setmetatable({}, mt) mt.__close = function() while true do end end local x <close> = t while true do end"),
        ["__close in a pcall that is stopped"] = (LuaFault.Time, "local mt = {} local t = setmetatable({}, mt) mt.__close = function() while true do end end while true do pcall(function() local x <close> = t error() end) end"),

        // Memory.
        ["string.rep"] = (LuaFault.Memory, "return #string.rep('x', 1e9)"),
        ["string.rep too large to count"] = (LuaFault.Script, "return string.rep('xx', math.maxinteger)"),
        ["string.rep for ever"] = (LuaFault.Time, "while true do pcall(string.rep, 'x', 1e9) end"),
        ["string.rep within the limit for ever"] = (LuaFault.Time, "while true do local s = string.rep('x', 2e6) end"),
        ["full heap for ever"] = (LuaFault.Time, "local t = {} pcall(function() for i = 1, 1e9 do t[i] = {} end end) while true do pcall(string.rep, 'x', 1e7) end"),
        ["table growth"] = (LuaFault.Memory, "local t = {} for i = 1, 1e9 do t[i] = i end"),
        ["table growth in C"] = (LuaFault.Memory, "local t = {} for i = 1, 1e9 do table.insert(t, {}) end"),
        ["table growth by moving"] = (LuaFault.Memory, "table.move({}, 1, 5e5, 1, setmetatable({}, { __newindex = function(t, k) rawset(t, k, { k }) end }))"),
        ["concat doubling"] = (LuaFault.Memory, "local s = 'x' while true do s = s .. s end"),
        ["closures"] = (LuaFault.Memory, "local t = {} while true do local n = #t t[n + 1] = function() return n end end"),
        ["deep nesting"] = (LuaFault.Memory, "local t = {} while true do t = { t } end"),
        ["global table"] = (LuaFault.Memory, "local i = 0 while true do i = i + 1 _G['v' .. i] = i end -- keeps"),
        ["huge unpack"] = (LuaFault.Script, "return table.unpack({}, 1, 1e8)"),
        ["huge concat"] = (LuaFault.Memory, "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1e5) end return table.concat(t)"),
        ["huge format"] = (LuaFault.Script, "return string.format('%99999d', 1)"),
        ["gsub bomb"] = (LuaFault.Memory, "local s = ('x'):rep(1e5) return (s:gsub('.', s))"),
        ["decoded bomb"] = (LuaFault.Memory, "return sekia.json.decode('[' .. ('[],'):rep(1e6) .. '0]')"),
        ["decoded bomb of objects"] = (LuaFault.Memory, "return sekia.json.decode('[' .. ('{\"a\":{}},'):rep(5e5) .. '0]')"),
        ["encoded bomb"] = (LuaFault.Script, "local t = {} for i = 1, 60 do t = { t, t } end sekia.json.encode(t)"),
        ["encoded bomb of empty slots"] = (LuaFault.Time, "local t = {} for i = 1, 2e5 do t['k' .. i] = 1 end for i = 1, 2e5 - 1 do t['k' .. i] = nil end local all = {} for i = 1, 1e5 do all[i] = t end while true do pcall(sekia.json.encode, all) end -- roomy"),

        // The way out.
        ["__gc"] = (LuaFault.Script, "setmetatable({}, { __gc = function() while true do end end })"),
        ["__close"] = (LuaFault.Script, "setmetatable({}, { __close = function() end })"),
        ["__gc with other globals"] = (LuaFault.Script, "rawget = function() end type = function() return 'nil' end error = function() end setmetatable({}, { __gc = function() end })"),
        ["__gc through the mark of arrays"] = (LuaFault.Script, "getmetatable(sekia.array()).__gc = function() while true do end end sekia.array()"),
        ["__gc through the mark of decoded arrays"] = (LuaFault.Script, "rawset(getmetatable(sekia.json.decode('[]')), '__gc', function() while true do end end)"),
        ["__gc added later"] = (null, "local mt = {} for i = 1, 100 do setmetatable({}, mt) end mt.__gc = function() while true do end end for i = 1, 1e5 do local t = {} end"),
        ["bytecode"] = (LuaFault.Script, "\u001bLua"),
        ["removed names"] = (null, """
            for _, name in ipairs { 'os', 'io', 'debug', 'package', 'require', 'load', 'loadstring', 'loadfile', 'dofile', 'collectgarbage',
                'coroutine', 'warn', 'luanet', 'import', 'utf8', 'module', 'setfenv', 'getfenv', 'newproxy' } do
              assert(_G[name] == nil and _ENV[name] == nil and rawget(_G, name) == nil, name)
            end
            assert(string.dump == nil and ('').dump == nil and getmetatable('').__index.dump == nil)
            """),
        ["calling what was removed"] = (LuaFault.Script, "os.execute('true')"),
        ["every value within reach"] = (null, """
            local seen, known = {}, { _G = true, table = true, string = true, math = true, sekia = true }
            local function walk(v)
              assert(type(v) ~= 'userdata' or v == sekia.null)
              assert(type(v) ~= 'thread')
              if type(v) ~= 'table' or seen[v] then return end
              seen[v] = true
              for k, w in next, v do walk(k) walk(w) end
              walk(getmetatable(v))
            end
            walk(_G) walk(getmetatable('')) walk(getmetatable(sekia.null))
            assert(getmetatable(_G) == nil and getmetatable(print) == nil and getmetatable(1) == nil and getmetatable(true) == nil)
            """),
        ["poisoned globals"] = (null, """
            local check, kill = assert, function() while true do end end
            for _, name in ipairs { 'error', 'type', 'pcall', 'xpcall', 'select', 'tostring', 'next', 'ipairs', 'pairs', 'rawget', 'rawset', 'getmetatable' } do
              _G[name] = kill
            end
            table.concat, table.unpack, math.randomseed, math.log = kill, kill, kill, kill
            string.format, string.rep, getmetatable = kill, kill, nil
            print('still', 1)
            check(sekia.json.encode({ 1, sekia.array() }) == '[1,[]]')
            check(sekia.json.decode('{"a":[1]}').a[1] == 1)
            sekia.log('info', 'fine')
            check(table.maxn({ 1, 2 }) == 2 and math.log10(100) == 2.0)
            check(sekia.array({ 1 })[1] == 1)
            """),
        ["poisoned globals in a failing call"] = (LuaFault.Script, "error = function() while true do end end sekia.json.decode('[')"),
        ["poisoned sekia"] = (null, "sekia.json.encode = nil sekia.json = nil sekia = nil print('still here')"),
        ["empty world"] = (null, "local g, next = _G, next for k in next, g do g[k] = nil end _ENV = {}"),
        ["every function called with every kind of value"] = (null, """
            local values = { 0, -1, 2^53, math.mininteger, 0/0, '', '\0\255', ('x'):rep(1000), true, {}, print, sekia.null, sekia }
            local functions, again = {}, { setmetatable = true, rawset = true, insert = true, remove = true, move = true, rep = true }
            for _, lib in ipairs { _G, table, string, math, sekia, sekia.json, sekia.state } do
              for name, f in next, lib do
                if type(f) == 'function' and not again[name] and name ~= 'call' then functions[#functions + 1] = f end
              end
            end
            for _, f in ipairs(functions) do
              pcall(f)
              for _, a in ipairs(values) do
                pcall(f, a)
                for _, b in ipairs(values) do pcall(f, a, b) end
              end
            end
            """),
        ["a stack filled to the brim, then values from outside"] = (LuaFault.Script, """
            local deep, deepest = ('['):rep(60) .. (']'):rep(60), 0
            local function measure(n) deepest = n return 1 + measure(n + 1) end
            pcall(measure, 0)
            local function f(n)
              if n > deepest - 1000 then sekia.json.encode(sekia.json.decode(deep)) end
              return 1 + f(n + 1)
            end
            f(0) -- roomy
            """),
        ["many arguments"] = (LuaFault.Script, "local t = {} for i = 1, 1e5 do t[i] = i end sekia.json.decode(table.unpack(t)) sekia.log(table.unpack(t)) print(table.unpack(t)) error('done') -- roomy"),
        ["waiting at the top level of sort"] = (LuaFault.Script, "table.sort({ 1, 2, 3 }, function() sekia.call('a', 'b') end)"),
        ["deeply nested source"] = (LuaFault.Script, "return " + new string('(', 10_000) + "1" + new string(')', 10_000)),
        ["source larger than the memory"] = (LuaFault.Memory, "return {" + string.Concat(Enumerable.Range(0, 600_000).Select(i => $"'{i}',")) + "}"),
    };
}
