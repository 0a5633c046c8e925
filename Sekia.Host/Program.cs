using Sekia.Modules;

IModule[] modules =
[
];

return await SekiaApplication.RunAsync(args, modules);
