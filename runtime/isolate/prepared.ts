/** How an isolate is called that is to load what a listener needs as soon as it boots: no message is as fast as a name. */
export const PREPARED = "listener";
