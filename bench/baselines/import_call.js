// What a call from a module to an empty JavaScript function costs: on each line of stdin, so many of them; prints
// nanoseconds for one. Argument: the module, guests/import_call.wat.

const module = Deno.readFileSync(Deno.args[0]);
let calls = 0;
const { instance } = await WebAssembly.instantiate(module, {
  env: {
    f: () => {
      calls++;
      return 0;
    },
  },
});

function measure(count) {
  calls = 0;
  const start = performance.now();
  instance.exports.run(count);
  const milliseconds = performance.now() - start;
  if (calls !== count) throw new Error(`${calls} calls, expected ${count}`);
  return milliseconds * 1e6 / count;
}

measure(100_000);
console.log("ready");
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const line of lines) console.log(measure(Number(line)));
