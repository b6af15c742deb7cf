-- A visitor of its own for each request, as the split goes by address and user agent.
local n = 0
function request()
  n = n + 1
  return "GET / HTTP/1.1\r\nHost: shop.localhost\r\nUser-Agent: bench-" .. n .. "\r\nAccept: */*\r\n\r\n"
end
