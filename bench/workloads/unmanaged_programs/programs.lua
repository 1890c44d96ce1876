local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
local checks = { fib(27) }
local counts, seed = {}, 42
for i = 1, 1000000 do
  seed = (seed * 16807 + 11) % 2147483647
  local key = "name-" .. seed % 1000
  counts[key] = (counts[key] or 0) + 1
end
checks[#checks + 1] = counts["name-7"]
local a = {}
for i = 1, 100000 do seed = (seed * 16807 + 11) % 2147483647; a[i] = seed end
table.sort(a, function(x, y) return x < y end)
checks[#checks + 1] = a[1000]
local Point = {}; Point.__index = Point
local sum = 0
for i = 1, 1500000 do local p = setmetatable({ x = i, y = -i }, Point); sum = sum + p.x * 2 + p.y end
checks[#checks + 1] = sum
local texts = {}
for i = 1, 100000 do texts[#texts + 1] = ("%d:%s"):format(i, i % 7) end
checks[#checks + 1] = #table.concat(texts, ",")
print(table.concat(checks, " "))
