/** What Envoy 1.40 refuses is refused here, and what is not served here is named. */
import assert from "node:assert/strict";
import {
  ADDRESS,
  any,
  AT,
  http,
  type Json,
  listening,
  manager,
  plugin,
  problemsOf,
  read,
  ROUTER,
  routing,
  wasm,
} from "./files.ts";

Deno.test("everything that is wrong is told in one error, with its path", async () => {
  const file = {
    static_resources: {
      listeners: [{
        adress: ADDRESS,
        filter_chains: [{
          filters: [{
            name: "h",
            typed_config: manager({
              stat_prefix: 7,
              tracing: {},
              http_filters: [
                wasm(plugin()),
                {
                  name: "cors",
                  typed_config: any(
                    "envoy.extensions.filters.http.cors.v3.Cors",
                  ),
                },
                { ...ROUTER, disabled: true },
              ],
            }),
          }],
        }],
      }],
      clusters: [{ name: "c", type: "EDS", health_checks: [] }],
    },
    layered_runtime: {},
  };
  assert.deepEqual(await problemsOf(file), [
    "static_resources.listeners[0].address: found nothing, expected an object",
    `${AT}.stat_prefix: found 7, expected a text in quotes`,
    `${AT}.http_filters[1].typed_config: found type "envoy.extensions.filters.http.cors.v3.Cors", expected one of "envoy.extensions.filters.http.wasm.v3.Wasm", "envoy.extensions.filters.http.router.v3.Router"`,
    `${AT}.http_filters[2].disabled: found true, expected false: nothing else here`,
    `${AT}.tracing: found "tracing", which is not served here, expected one of "stat_prefix", "access_log", "access_log_options", "codec_type", "http_filters", "route_config", "strip_matching_host_port", "strip_any_host_port", "generate_request_id", "http_protocol_options"`,
    'static_resources.listeners[0].adress: found "adress" (did you mean "address"?), which is not served here, expected one of "address", "traffic_direction", "bind_to_port", "enable_reuse_port", "reuse_port", "access_log", "name", "stat_prefix", "metadata", "filter_chains", "default_filter_chain"',
    'static_resources.clusters[0].type: found "EDS", expected one of "STATIC", "STRICT_DNS", "LOGICAL_DNS"',
    'static_resources.clusters[0].health_checks: found "health_checks", which is not served here, expected one of "name", "type", "connect_timeout", "alt_stat_name", "load_assignment", "transport_socket", "lb_policy", "dns_lookup_family", "http2_protocol_options", "typed_extension_protocol_options", "metadata"',
    'layered_runtime: found "layered_runtime", which is not served here, expected one of "stats_flush_interval", "node", "admin", "static_resources", "bootstrap_extensions"',
  ]);
});

/** Asserts that `file` has one problem, which begins with `expected`. */
async function one(file: unknown, expected: string): Promise<void> {
  const problems = await problemsOf(file);
  assert.equal(problems.length, 1, problems.join("\n"));
  assert(
    problems[0]?.startsWith(expected),
    `found    ${problems[0]}\nexpected ${expected}`,
  );
}

const CONFIG = `${AT}.http_filters[0].typed_config.config`;

Deno.test("plugins that cannot run are refused", async () => {
  const cases: [unknown, string][] = [
    [{}, ".vm_config: found nothing, expected an object"],
    [
      { vm_config: {} },
      ".vm_config.code: found nothing, expected an object",
    ],
    [
      { vm_config: { code: { remote: {} } } },
      '.vm_config.code: found no "local", expected it',
    ],
    [
      { vm_config: { code: { local: {} } } },
      '.vm_config.code.local: found none of "filename", "inline_string", "inline_bytes", "environment_variable", expected one of them',
    ],
    [
      { vm_config: { code: { local: { filename: "no.wasm" } } } },
      ".vm_config.code.local.filename: there is no file /current/no.wasm",
    ],
    [
      { vm_config: { code: { local: { inline_bytes: "*" } } } },
      '.vm_config.code.local.inline_bytes: found "*", expected base64',
    ],
    [
      plugin({ fail_open: true, failure_policy: "FAIL_OPEN" }),
      '.fail_open: found beside "failure_policy", expected one of the two',
    ],
    [
      plugin({ failure_policy: "FAIL_SLOW" }),
      '.failure_policy: found "FAIL_SLOW", expected one of "UNSPECIFIED", ',
    ],
  ];
  for (const [config, expected] of cases) {
    const file = http({ http_filters: [wasm(config), ROUTER] });
    const problems = await problemsOf(file);
    assert(
      problems.some((problem) => problem.startsWith(CONFIG + expected)),
      `${problems.join("\n")}\nexpected ${expected}`,
    );
  }
  const vm = (more: Json) =>
    http({
      http_filters: [
        wasm({
          vm_config: { code: { local: { filename: "plugin.wasm" } }, ...more },
        }),
        ROUTER,
      ],
    });
  await one(
    vm({ runtime: "envoy.wasm.runtime.null" }),
    `${CONFIG}.vm_config.runtime: found "envoy.wasm.runtime.null", expected one of "envoy.wasm.runtime.v8"`,
  );
  for (
    const names of [["HOME", "HOME"], ["A", "NONE", "A"]]
  ) {
    await one(
      vm({ environment_variables: { host_env_keys: names } }),
      `${CONFIG}.vm_config.environment_variables.host_env_keys: found "${
        names[0]
      }" a second time`,
    );
  }
  await one(
    vm({
      environment_variables: { host_env_keys: ["A"], key_values: { A: "" } },
    }),
    `${CONFIG}.vm_config.environment_variables.host_env_keys: found "A" a second time`,
  );
});

Deno.test("chains end where they have to", async () => {
  const net = {
    name: "n",
    typed_config: any("envoy.extensions.filters.network.wasm.v3.Wasm", {
      config: plugin(),
    }),
  };
  const tcp = {
    name: "t",
    typed_config: any(
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
      {
        stat_prefix: "s",
        cluster: "c",
      },
    ),
  };
  await read(listening([net, tcp]));
  await one(
    listening([net, { name: "h", typed_config: manager() }]),
    "static_resources.listeners[0].filter_chains[0].filters: found a network wasm filter before the HTTP",
  );
  await one(
    listening([net]),
    "static_resources.listeners[0].filter_chains[0].filters: found a wasm filter last",
  );
  await one(
    listening([tcp, tcp]),
    'static_resources.listeners[0].filter_chains[0].filters[0]: found filter "t" before others',
  );
  await one(
    listening([]),
    "static_resources.listeners[0].filter_chains[0].filters: found no filter",
  );
  await one(
    http({ http_filters: [ROUTER, wasm(plugin()), ROUTER] }),
    `${AT}.http_filters[0]: found router "router" before other filters`,
  );
  await one(
    http({ http_filters: [wasm(plugin())] }),
    `${AT}.http_filters: found a wasm filter last`,
  );
  await one(
    listening([tcp], {
      filter_chains: [{ filters: [tcp] }, { filters: [tcp] }],
    }),
    "static_resources.listeners[0].filter_chains: found 2 filter chains, expected one",
  );
  await one(
    http({ http_filters: [{ name: "envoy.filters.http.wasm" }, ROUTER] }),
    `${AT}.http_filters[0].typed_config: found nothing, expected an object with an "@type"`,
  );
});

Deno.test("matches and actions that Envoy refuses are refused", async () => {
  const HOST = `${AT}.route_config.virtual_hosts[0]`;
  const direct = { direct_response: { status: 200 } };
  const match = { prefix: "/" };
  const cases: [Json, string][] = [
    [{ match: {}, ...direct }, '.match: found none of "prefix"'],
    [
      { match: { prefix: "/", path: "/" }, ...direct },
      '.match.path: found beside "prefix", expected one of the two',
    ],
    [
      { match: { safe_regex: { regex: "(" } }, ...direct },
      '.match.safe_regex.regex: found "(": missing )',
    ],
    [
      { match: { path_separated_prefix: "/a/" }, ...direct },
      '.match.path_separated_prefix: found "/a/"',
    ],
    [
      { match: { ...match, headers: [{ prefix_match: "a" }] }, ...direct },
      ".match.headers[0].name: found nothing, expected a text that is not empty",
    ],
    [
      {
        match: { ...match, headers: [{ name: "x", string_match: {} }] },
        ...direct,
      },
      '.match.headers[0].string_match: found none of "exact"',
    ],
    [
      { match: { ...match, runtime_fraction: {} }, ...direct },
      '.match.runtime_fraction: found "runtime_fraction", which is not served here',
    ],
    [{ match }, ': found none of "direct_response", "route"'],
    [
      { match, ...direct, redirect: {} },
      '.redirect: found beside "direct_response"',
    ],
    [{ match, direct_response: {} }, ".direct_response.status: found nothing"],
    [
      { match, direct_response: { status: 199 } },
      ".direct_response.status: found 199, expected a whole number from 200 to 599",
    ],
    [
      {
        match,
        direct_response: {
          status: 200,
          body: { inline_string: "x".repeat(4097) },
        },
      },
      ".direct_response.body: found 4097 bytes, expected at most 4096",
    ],
    [{ match, route: {} }, '.route: found none of "cluster"'],
    [
      { match, route: { cluster: "c", timeout: "-1s" } },
      '.route.timeout: found "-1s", expected a duration',
    ],
    [
      { match, route: { cluster: "c", retry_policy: {} } },
      '.route.retry_policy: found "retry_policy", which is not served here',
    ],
    [
      { match, route: { weighted_clusters: { clusters: [] } } },
      ".route.weighted_clusters.clusters: found no cluster",
    ],
    [
      {
        match,
        route: { weighted_clusters: { clusters: [{ name: "c", weight: 0 }] } },
      },
      ".route.weighted_clusters.clusters: found weights of 0 in all",
    ],
    [
      {
        match: { safe_regex: { regex: "a" } },
        redirect: { prefix_rewrite: "/" },
      },
      ".redirect.prefix_rewrite: found beside a safe_regex",
    ],
    [
      {
        match,
        ...direct,
        request_headers_to_add: [{ header: { key: ":path", value: "/" } }],
      },
      '.request_headers_to_add[0].header.key: found ":path"',
    ],
    [
      {
        match,
        ...direct,
        response_headers_to_add: [{
          header: { key: "a", value: "%PROTOCOL%" },
        }],
      },
      '.response_headers_to_add[0].header.value: found "%PROTOCOL%", expected no "%" but "%%"',
    ],
    [
      { match, ...direct, typed_per_filter_config: {} },
      '.typed_per_filter_config: found "typed_per_filter_config", which is not served here',
    ],
  ];
  for (const [route, expected] of cases) {
    await one(routing(route), `${HOST}.routes[0]${expected}`);
  }
  await one(
    routing({ match, ...direct }, { domains: ["a", "A"] }),
    `${HOST}.domains[1]: found domain "a" a second time, after ${HOST}.domains[0]`,
  );
  await one(
    routing({ match, ...direct }, { domains: [] }),
    `${HOST}.domains: found nothing, expected one domain or more`,
  );
  await one(
    routing({ match, route: { cluster: "d" } }),
    'static_resources.listeners[0]: route 0 of virtual host "v" names cluster "d"',
  );
});

Deno.test("clusters and addresses that cannot be are refused", async () => {
  const endpoint = (address: string, port_value: unknown = 1) => ({
    cluster_name: "c",
    endpoints: [{
      lb_endpoints: [{
        endpoint: { address: { socket_address: { address, port_value } } },
      }],
    }],
  });
  const clusters = (...clusters: Json[]) => ({
    static_resources: { clusters },
  });
  const C = "static_resources.clusters[0]";
  await one(clusters({}), `${C}.name: found nothing`);
  await one(
    clusters({ name: "c" }, { name: "c" }),
    'static_resources.clusters[1].name: found cluster "c" a second time',
  );
  await one(
    clusters({ name: "c", load_assignment: endpoint("a.b") }),
    `${C}.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: found "a.b", expected an IP address, or "STRICT_DNS"`,
  );
  await one(
    clusters({ name: "c", load_assignment: endpoint("::1", 65536) }),
    `${C}.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value: found 65536`,
  );
  await one(
    clusters({ name: "c", connect_timeout: "0s" }),
    `${C}.connect_timeout: found "0s", expected a duration of more than 0`,
  );
  await one(
    clusters({
      name: "c",
      type: "STRICT_DNS",
      load_assignment: endpoint("a.b"),
      transport_socket: {
        name: "tls",
        typed_config: any(
          "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
          { sni: "other" },
        ),
      },
    }),
    `${C}.transport_socket: found sni "other", expected "a.b"`,
  );
  await one(
    { static_resources: {}, admin: { address: {} } },
    'admin.address: found no "socket_address", expected it',
  );
  await one(
    listening([{ name: "h", typed_config: manager() }], {
      address: { socket_address: { address: "localhost", port_value: 1 } },
    }),
    'static_resources.listeners[0].address.socket_address.address: found "localhost", expected an IP address',
  );
});

Deno.test("where nothing can be said, nothing is offered", async () => {
  const file = listening([], {
    filter_chains: [{ filter_chain_match: { server_names: ["a"] } }],
  });
  const problems = await problemsOf(file);
  assert(
    problems.includes(
      'static_resources.listeners[0].filter_chains[0].filter_chain_match.server_names: found "server_names", which is not served here, expected nothing',
    ),
    problems.join("\n"),
  );
});

Deno.test("a field in both writings is refused", async () => {
  await one(
    http({ statPrefix: "t" }),
    `${AT}.statPrefix: found a second time, as "stat_prefix" before`,
  );
});

Deno.test("null is absent, and one value is a list of one", async () => {
  const { listeners } = await read(
    http({ codec_type: null, http_filters: ROUTER, access_log: null }),
  );
  assert(listeners[0]?.kind === "http");
  assert(listeners[0].hasRouter);
});

Deno.test("a mistake in the text names line and column", async () => {
  assert.deepEqual(await problemsOf("static_resources:\n  a: 1\n  a: 2\n"), [
    'e.yaml:3:3: key "a" is given twice',
  ]);
  assert.match(
    (await problemsOf("static_resources: [\n"))[0] ?? "",
    /^e\.yaml:\d+:\d+: /,
  );
});
