// The official client against a running Sekia. The first argument is the transport (http or stdio), the second the host's address, the third
// its folder of workflows, the fourth (for stdio) the program. Ends with 0 when all is as it should be. For the restart of the host it writes a
// line and waits for one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createConnection, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceListChangedNotificationSchema, ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

const [kind, address, folder, program] = process.argv.slice(2);
const url = new URL('/mcp', address);
const transport = () => (kind === 'http' ? new StreamableHTTPClientTransport(url) : new StdioClientTransport({ command: program, args: ['mcp', '--url', address] }));

async function connect(through = transport()) {
  const client = new Client({ name: 'tests', version: '1' });
  await client.connect(through);
  return client;
}

const client = await connect();
const called = new Set();
const call = (name, args = {}, options) => {
  called.add(name);
  return client.callTool({ name, arguments: args }, undefined, options);
};
const text = (result) => result.content[0].text;

// Tools: all are listed, described and typed, and all can be called.
assert.equal(client.getServerVersion().name, 'sekia');
const { tools } = await client.listTools();
const names = tools.map((tool) => tool.name);
for (const tool of tools) {
  assert.ok(tool.description && tool.inputSchema.type === 'object' && tool.outputSchema.type === 'object' && tool.annotations, tool.name);
}
for (const name of ['get_status', 'list_agents', 'list_workflows', 'reload_workflows', 'publish_event', 'send_command', 'explain_event', 'list_events', 'list_failures', 'retry_failure']) {
  assert.ok(names.includes(name), name);
}
assert.ok(names.includes('github-agent__add_label') && !names.includes('github-agent__merge_pr'), 'commands that destroy are left out');
const label = tools.find((tool) => tool.name === 'github-agent__add_label');
assert.deepEqual(label.inputSchema.properties.number.type, 'integer');
assert.deepEqual([label.annotations.readOnlyHint, label.annotations.idempotentHint, label.annotations.destructiveHint], [false, true, false]);
assert.equal(tools.find((tool) => tool.name === 'github-agent__get_issue').annotations.readOnlyHint, true);

assert.equal((await call('get_status')).structuredContent.status, 'ok');
const agents = await call('list_agents');
assert.deepEqual(JSON.parse(text(agents)), agents.structuredContent.agents, 'the text is a bare list, as the original has it');
assert.equal((await call('reload_workflows')).structuredContent.status, 'reloaded');
assert.ok((await call('list_workflows')).structuredContent.workflows.some((workflow) => workflow.name === 'greet'));

// An event, the workflow it sets off, and why.
const published = (await call('publish_event', { source: 'tests', event_type: 'tests.ran', payload: { n: 42 } })).structuredContent;
assert.equal(published.status, 'published');
assert.equal(published.subject, 'sekia.events.tests');
let why;
do {
  why = (await call('explain_event', { id: published.event_id })).structuredContent;
} while (why.workflows.find((workflow) => workflow.workflow === 'greet').outcome === 'waiting');
assert.equal(why.event.source, 'mcp:tests');
assert.equal(why.workflows.find((workflow) => workflow.workflow === 'greet').outcome, 'failed');
assert.equal((await call('list_events', { subject: 'sekia.events.tests' })).structuredContent.events[0].id, published.event_id);
const failures = (await call('list_failures')).structuredContent;
assert.equal(failures.runs[0].workflow, 'greet');
assert.equal((await call('retry_failure', { id: failures.runs[0].id })).structuredContent.status, 'retried');

// Commands: in dry run without a token; a wrong one is an error that says so; one that destroys is refused.
const arguments_ = { owner: 'ann', repo: 'lamp', number: 1, label: 'bug' };
assert.equal((await call('send_command', { agent: 'github-agent', command: 'add_label', payload: arguments_ })).structuredContent.outcome, 'dry_run');
for (const tool of tools.filter(({ name }) => name.startsWith('github-agent__'))) {
  const result = await call(tool.name, {});
  assert.ok(result.isError, tool.name);
  assert.match(text(result), /is missing; it must be/);
}
assert.equal((await call('github-agent__add_label', arguments_)).structuredContent.outcome, 'dry_run');
assert.match(text(await call('send_command', { agent: 'github-agent', command: 'merge_pr', payload: { owner: 'ann', repo: 'lamp', number: 1 } })), /Mcp:DestructiveTools/);
assert.match(text(await call('send_command', { agent: 'nobody', command: 'x', payload: {} })), /there is no agent 'nobody'/);
assert.match(text(await call('explain_event', { id: 'evt_1' })), /There is no event 'evt_1'/);
await assert.rejects(call('no_such_tool'), { code: -32602 });

// A server that answers one path and keeps the other waiting.
let asked;
const waiting = new Promise((resolve) => (asked = resolve));
const server = createServer((request, response) => (request.url === '/slow' ? asked() : response.end('hello')));
await once(server.listen(0, '127.0.0.1'), 'listening');
const local = `http://127.0.0.1:${server.address().port}`;
const got = await call('http-agent__request', { method: 'GET', url: local });
assert.equal(got.structuredContent.outcome, 'succeeded');

assert.deepEqual(names.filter((name) => !called.has(name)), [], 'each tool has been called');

// Cancelling a long call leaves the session as it was.
const stop = new AbortController();
const long = call('http-agent__request', { method: 'GET', url: `${local}/slow` }, { signal: stop.signal });
await waiting;
stop.abort('enough');
await assert.rejects(long);
assert.equal((await call('get_status')).structuredContent.status, 'ok');
server.closeAllConnections();
server.close();

// Resources, completion, prompts.
const { resources } = await client.listResources();
assert.ok(resources.some(({ uri }) => uri === 'sekia://workflows/greet') && resources.some(({ uri }) => uri === `sekia://events/${published.event_id}`));
assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 2);
assert.match((await client.readResource({ uri: 'sekia://workflows/greet' })).contents[0].text, /sekia.on/);
assert.deepEqual(JSON.parse((await client.readResource({ uri: `sekia://events/${published.event_id}` })).contents[0].text).payload, { n: 42 });
await assert.rejects(client.readResource({ uri: 'sekia://workflows/..%2Fsecret' }), /There is no resource/);
const completed = await client.complete({ ref: { type: 'ref/resource', uri: 'sekia://workflows/{name}' }, argument: { name: 'name', value: 'gr' } });
assert.deepEqual(completed.completion.values, ['greet']);
assert.equal((await client.listPrompts()).prompts[0].name, 'write_workflow');
const prompt = (await client.getPrompt({ name: 'write_workflow', arguments: { task: 'Greet everyone.' } })).messages[0].content.text;
assert.ok(['Greet everyone.', 'sekia.on(', 'github-agent', 'add_label'].every((part) => prompt.includes(part)));
await assert.rejects(client.getPrompt({ name: 'write_workflow', arguments: {} }), /'task'/);

// Subscriptions: a workflow that is loaded anew is told of, and one that is added.
const news = (schema) => new Promise((resolve) => client.setNotificationHandler(schema, (notice) => resolve(notice.params)));
const change = (version) => writeFileSync(join(folder, 'greet.lua'), `-- ${version}\nsekia.on("sekia.events.tests", function() end)\n`);
await client.subscribeResource({ uri: 'sekia://workflows/greet' });
let updated = news(ResourceUpdatedNotificationSchema);
change('second');
await call('reload_workflows');
assert.equal((await updated).uri, 'sekia://workflows/greet');
const listed = news(ResourceListChangedNotificationSchema);
writeFileSync(join(folder, 'added.lua'), 'sekia.on("sekia.events.tests", function() end)\n');
await call('reload_workflows');
await listed;
await client.subscribeResource({ uri: 'sekia://workflows/added' });
await client.unsubscribeResource({ uri: 'sekia://workflows/added' });
await assert.rejects(client.subscribeResource({ uri: `sekia://events/${published.event_id}` }), /never changes/);

// The connection breaks, and not the host: the client comes back to its session by itself, and hears what happens then.
if (kind === 'http') {
  const open = new Set();
  const between = createTcpServer((outer) => {
    const inner = createConnection(Number(url.port), '127.0.0.1');
    outer.pipe(inner).pipe(outer);
    open.add(outer);
    [outer, inner].forEach((socket) => socket.on('error', () => [outer, inner].forEach((one) => one.destroy())));
  });
  await once(between.listen(0, '127.0.0.1'), 'listening');
  const broken = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${between.address().port}/mcp`), {
    reconnectionOptions: { initialReconnectionDelay: 50, maxReconnectionDelay: 200, reconnectionDelayGrowFactor: 1.5, maxRetries: 50 },
  });
  const away = await connect(broken);
  const session = broken.sessionId;
  await away.subscribeResource({ uri: 'sekia://workflows/greet' });
  open.forEach((socket) => socket.destroy());
  open.clear();
  const heard = new Promise((resolve) => away.setNotificationHandler(ResourceUpdatedNotificationSchema, resolve));
  for (let version = 100, over = false; !over; version++) {
    change(`version ${version}`);
    await call('reload_workflows');
    over = await Promise.race([heard.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))]);
  }
  assert.ok(open.size > 0 && broken.sessionId === session, 'it has come back to the same session');
  await away.close();
  open.forEach((socket) => socket.destroy());
  between.close();
}

// The host goes away and comes back.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
console.log('restart');
await lines.next();
if (kind === 'stdio') {
  assert.equal((await call('get_status')).structuredContent.status, 'ok', 'the bridge begins anew by itself');
  updated = news(ResourceUpdatedNotificationSchema);
  for (let version = 3, heard = false; !heard; version++) {
    // Until the bridge listens again, which it does within a second or so.
    change(`version ${version}`);
    await call('reload_workflows');
    heard = await Promise.race([updated.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))]);
  }
  await client.close();
} else {
  await assert.rejects(call('get_status'), (error) => error.code === 404);
  const again = new StreamableHTTPClientTransport(url);
  const second = await connect(again);
  assert.equal((await second.callTool({ name: 'get_status' })).structuredContent.status, 'ok');

  // Another process takes up the session where it is.
  const third = new StreamableHTTPClientTransport(url, { sessionId: again.sessionId });
  third.setProtocolVersion(again.protocolVersion);
  const resumed = await connect(third);
  assert.ok((await resumed.listTools()).tools.length > 10);
  await third.terminateSession();
  await assert.rejects(second.listTools(), (error) => error.code === 404);
  await resumed.close();
  await client.close();
}
process.exit(0);
