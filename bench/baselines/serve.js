// A bare Deno.serve with one fixed answer: what it costs to speak HTTP at all.
const text = Deno.args[0] ?? "hello";
Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) },
  () => new Response(text),
);
