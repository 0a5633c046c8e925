using Sekia.Modules;
using Sekia.Modules.Agents;
using Sekia.Modules.Bus;
using Sekia.Modules.Journal;
using Sekia.Modules.Security;

// In start order; the last to start is the first to stop.
IModule[] modules =
[
    new BusModule(),
    new JournalModule(),
    new SecurityModule(),
    new AgentsModule(),
];

return await SekiaApplication.RunAsync(args, modules);
