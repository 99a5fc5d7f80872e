/** Error numbers: Linux's to those of WASI preview 1, which are the alphabet. */

/** Linux's number, by the name both know; WASI's follows from its place. */
const LINUX: [linux: number, wasi: number][] = [
  [1, 63], // EPERM
  [2, 44], // ENOENT
  [4, 27], // EINTR
  [5, 29], // EIO
  [6, 60], // ENXIO
  [9, 8], // EBADF
  [11, 6], // EAGAIN
  [12, 48], // ENOMEM
  [13, 2], // EACCES
  [14, 21], // EFAULT
  [16, 10], // EBUSY
  [17, 20], // EEXIST
  [18, 75], // EXDEV
  [19, 43], // ENODEV
  [20, 54], // ENOTDIR
  [21, 31], // EISDIR
  [22, 28], // EINVAL
  [23, 41], // ENFILE
  [24, 33], // EMFILE
  [26, 74], // ETXTBSY
  [27, 22], // EFBIG
  [28, 51], // ENOSPC
  [29, 70], // ESPIPE
  [30, 69], // EROFS
  [31, 34], // EMLINK
  [32, 64], // EPIPE
  [36, 37], // ENAMETOOLONG
  [38, 52], // ENOSYS
  [39, 55], // ENOTEMPTY
  [40, 32], // ELOOP
  [75, 61], // EOVERFLOW
  [84, 25], // EILSEQ
  [95, 58], // EOPNOTSUPP
  [116, 72], // ESTALE
  [122, 19], // EDQUOT
];
const WASI = new Map(LINUX);

const EIO = 29;

/** WASI's number for Linux's `errno`; one that has no name there is an I/O error. */
export function wasiErrno(errno: number): number {
  return WASI.get(errno) ?? EIO;
}
