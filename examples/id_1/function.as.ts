/** `GET /?name=book1` with `id: id_1`: asks function id_2 how many there are, and says so. */
import { invokeService, serve } from "../layotto.as";
export { malloc, proxy_abi_version_0_2_0, proxy_get_id, proxy_on_request_body } from "../layotto.as";

serve("id_1", (query) => {
  const name = parameter(query, "name");
  const count = invokeService("id_2", name);
  return "There are " + count + " inventories for " + name + ".";
});

/** The value of `wanted` in `a=1&b=2`; "" where there is none. */
function parameter(query: string, wanted: string): string {
  const pairs = query.split("&");
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i].startsWith(wanted + "=")) return pairs[i].substring(wanted.length + 1);
  }
  return "";
}
