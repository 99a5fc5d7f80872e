/** Puts the demo's one book into the embedded store of a folder, as `layotto start` does for the demo. */
import { putDemoBook } from "../../cli/demo.ts";
import { StateStores } from "../../runtime/components/state/stores.ts";
import { withDefaultStores } from "../../runtime/host/stores.ts";
import { Logger } from "../../runtime/log.ts";

/** Afterwards store `state_demo` in the folder `data` has `book1` = `100`. */
export async function seedStore(data: string): Promise<void> {
  const log = new Logger(() => {});
  const stores = new StateStores(withDefaultStores({}), {
    data,
    appId: "",
    log,
  });
  await putDemoBook(stores);
  await stores.close();
}
