-- Counts webhooks by name, and says so at every tenth. The counts are kept over restarts and edits.
--
-- Try it: send any webhook ten times, then look at the runs of this workflow.
--   curl -s http://127.0.0.1:7600/webhooks/shop -H 'Content-Type: application/json' -d '{}'
--   curl -s 'http://127.0.0.1:7600/api/v1/runs?workflow=webhook-count'

sekia.on("sekia.events.webhook", function(event)
  local name = event.payload.name
  local count = (sekia.state.get(name) or 0) + 1
  sekia.state.set(name, count)

  if count % 10 == 0 then
    sekia.publish("sekia.events.counts", "webhook.counted", { name = name, count = count })
  end
end)
