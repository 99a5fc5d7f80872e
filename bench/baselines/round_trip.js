// A bare worker port's round trip: on each line of stdin, so many of them one after the other; prints the median in
// microseconds.
const worker = new Worker(new URL("./echo_worker.js", import.meta.url), {
  type: "module",
});
let answered;
worker.onmessage = ({ data }) => answered(data);

function roundTrip(n) {
  return new Promise((resolve) => {
    answered = resolve;
    worker.postMessage({ n });
  });
}

async function measure(count) {
  const times = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const back = await roundTrip(n);
    times.push(performance.now() - start);
    if (back.n !== n) throw new Error(`sent ${n}, found ${back.n}`);
  }
  times.sort((a, b) => a - b);
  return times[count >> 1] * 1000;
}

const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
await measure(500);
console.log("ready");
for await (const line of lines) console.log(await measure(Number(line)));
Deno.exit(0);
