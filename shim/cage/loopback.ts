/** `ip link set lo up`, without the program: netdevice(7). */
import { check, close, libcLater, O } from "../libc.ts";

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFFLAGS = 0x8913n;
const SIOCSIFFLAGS = 0x8914n;
const IFF_UP = 1;
/** `struct ifreq`: 16 bytes of name, then here a 16-bit number of flags; 40 bytes in all. */
const IFREQ_SIZE = 40;
const FLAGS_AT = 16;

/** Turns on the loopback interface of the calling thread's network namespace. @throws {SystemError} */
export function raiseLoopback(): void {
  const request = new Uint8Array(IFREQ_SIZE);
  request.set(new TextEncoder().encode("lo"));
  const view = new DataView(request.buffer);
  const fd = check(
    libcLater().socket(AF_INET, SOCK_DGRAM | O.CLOEXEC, 0),
    "socket",
    "for lo",
  );
  try {
    check(
      libcLater().ioctl(fd, SIOCGIFFLAGS, request),
      "get the flags of",
      "lo",
    );
    view.setInt16(FLAGS_AT, view.getInt16(FLAGS_AT, true) | IFF_UP, true);
    check(libcLater().ioctl(fd, SIOCSIFFLAGS, request), "raise", "lo");
  } finally {
    close(fd);
  }
}
