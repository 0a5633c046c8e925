using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Api;
using Sekia.Modules.Bus;
using Sekia.Modules.Dashboard;
using Sekia.Modules.GitHub;
using Sekia.Modules.Http;
using Sekia.Modules.Journal;
using Sekia.Modules.Mcp;
using Sekia.Modules.Security;
using Sekia.Modules.Skills;
using Sekia.Modules.Webhooks;
using Sekia.Modules.Workflows;

// In start order; the host stops them in the reverse.
IModule[] modules =
[
    new BusModule(),
    new JournalModule(),
    new SecurityModule(),
    new AgentsModule(),
    new GitHubModule(),
    new HttpModule(),
    new WebhooksModule(),
    new WorkflowsModule(),
    new SkillsModule(),
    new ApiModule(),
    new McpModule(),
    new DashboardModule(),
];

return await SekiaApplication.RunAsync(args, modules);
