/**
 * The file function isolates start from. Workers must be static files (DESIGN 9), and what they run is imported
 * statically: Deno keeps compiled code of a module's own statements alone, and a bundle that imports later puts all
 * modules into functions, which are then compiled anew in each isolate (5 ms).
 */
import { runIsolate } from "./isolate/worker/main.ts";

runIsolate();
