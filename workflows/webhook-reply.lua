-- Answers a webhook named "reply" by sending its text back to the address it names.
--
-- Try it, with the address of this machine allowed (--Http:AllowedAddresses:0=127.0.0.1):
--   curl -s http://127.0.0.1:7600/webhooks/reply -H 'Content-Type: application/json' \
--     -d '{"reply_to": "http://127.0.0.1:7600/webhooks/replied", "text": "hello"}'

sekia.on("sekia.events.webhook", { type = "webhook.received" }, function(event)
  if event.payload.name ~= "reply" then return end

  local body = event.payload.body
  if type(body) ~= "table" or not body.reply_to then
    sekia.log("warn", "a reply was asked for without reply_to")
    return
  end

  sekia.command("http-agent", "request", {
    method  = "POST",
    url     = body.reply_to,
    -- With this header the request may be sent again after a crash: whoever receives it can tell.
    headers = { ["Idempotency-Key"] = event.id },
    json    = { text = body.text or "", from = sekia.name },
  })
end)
