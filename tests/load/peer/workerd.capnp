# workerd with the worker of tests/doctor. The command line gives the address of the socket.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "peer", worker = .peer)],
  sockets = [(name = "http", http = (), service = "peer")],
);

const peer :Workerd.Worker = (
  compatibilityDate = "2026-05-01",
  compatibilityFlags = ["global_fetch_strictly_public"],
  modules = [
    (name = "entry.mjs", esModule = embed "entry.mjs"),
    (name = "worker.mjs", esModule = embed "../../doctor/worker.mjs"),
    (
      name = "oauth-provider.mjs",
      esModule = embed "../../../target/clients/node/node_modules/@cloudflare/workers-oauth-provider/dist/oauth-provider.js",
    ),
  ],
);
