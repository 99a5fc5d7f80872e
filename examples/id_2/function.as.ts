/** Answers what store `state_demo` holds under the key in the request's body. */
import { getState, serve } from "../layotto.as";
export { malloc, proxy_abi_version_0_2_0, proxy_get_id, proxy_on_request_body } from "../layotto.as";

serve("id_2", (key) => getState("state_demo", key));
