// A bare Deno.serve that reads what it is sent, part by part, and gives one fixed answer.
Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) },
  async (request) => {
    const reader = request.body?.getReader();
    while (reader && !(await reader.read()).done);
    return new Response("hello");
  },
);
