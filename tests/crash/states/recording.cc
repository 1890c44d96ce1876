#include "recording.h"

#include "base/syscall.h"
#include "base/text.h"

namespace states {

using snapshot::sys::as_long;
using snapshot::sys::failed;
using snapshot::sys::kernel_call;

// Constant: a preloaded recorder starts in a constructor, and no other may come after it.
constinit Recording recording;

namespace {

RecordedFiles &files = recording.files;

// Calls f(bytes, count) for the file's contents from offset on, in pieces.
template <typename F>
void read_pieces(u32 file, u64 offset, u64 bytes, F f) {
  static u8 piece[1 << 16];
  while (bytes > 0) {
    const u64 wanted = bytes < sizeof piece ? bytes : sizeof piece;
    const long n = kernel_call(SYS_pread64, files[file].fd, as_long(piece), static_cast<long>(wanted),
                               static_cast<long>(offset), 0, 0);
    if (n != static_cast<long>(wanted)) cannot_record("a file that is recorded cannot be read");
    f(piece, wanted);
    offset += wanted, bytes -= wanted;
  }
}

}  // namespace

u64 size_of(u32 file) {
  struct stat st;
  if (failed(kernel_call(SYS_fstat, files[file].fd, as_long(&st), 0, 0, 0, 0))) cannot_record("fstat");
  return static_cast<u64>(st.st_size);
}

u32 this_thread_number() {
  static long threads[512];
  static u32 count;
  const long id = kernel_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  for (u32 i = 0; i < count; ++i)
    if (threads[i] == id) return i;
  if (count == 512) cannot_record("more threads than it has room for");
  threads[count] = id;
  return count++;
}

void put(EventKind kind, u32 file, u64 offset, u64 count, const char *name) {
  const u32 name_bytes = static_cast<u32>(snapshot::length_of(name));
  recording.trace.put({kind, this_thread_number(), file, name_bytes, offset, count, 0}, name, nullptr);
}
bool path_of(long fd, char (&out)[4096]) {
  snapshot::Text<64> self;
  self << "/proc/self/fd/" << static_cast<u64>(fd);
  const long n = kernel_call(SYS_readlink, as_long(self.c_str()), as_long(out), sizeof out - 1, 0, 0, 0);
  if (failed(n)) return false;
  out[n] = 0;
  return true;
}

void put_stored(u32 file, u64 offset, u64 bytes) {
  recording.trace.put_head({EventKind::store, this_thread_number(), file, 0, offset, bytes, bytes}, "");
  read_pieces(file, offset, bytes, [](const u8 *at, u64 n) { recording.trace.put_bytes(at, n); });
}

void put_new(EventKind kind, u32 file, const char *name) {
  const RecordedFile &f = recording.files[file];
  const u64 bytes = kind == EventKind::create ? 0 : size_of(file);
  const u32 name_bytes = static_cast<u32>(snapshot::length_of(name));
  recording.trace.put_head(
      {kind, this_thread_number(), file, name_bytes, f.identity_inode, f.identity_birth_ns, bytes}, name);
  read_pieces(file, 0, bytes, [](const u8 *at, u64 n) { recording.trace.put_bytes(at, n); });
}

void check(u32 file) {
  u64 hash = check_seed;
  const u64 size = size_of(file);
  read_pieces(file, 0, size, [&](const u8 *at, u64 n) { hash = mix_bytes(hash, at, n); });
  files[file].stored_by = 0;
  put(EventKind::check, file, size, hash);
}

// The number of the file behind the program's descriptor; a new one, with an event, if it has none.
u32 number_of(long fd, bool created) {
  struct stat st;
  if (failed(kernel_call(SYS_fstat, fd, as_long(&st), 0, 0, 0, 0)) || !S_ISREG(st.st_mode)) return files.none;
  const u32 known = files.find(st);
  if (known != files.none) return known;
  const u32 file = files.add(fd, st, recording.options.deterministic);
  char name[4096];
  if (st.st_nlink == 0 || !path_of(fd, name)) name[0] = 0;
  put_new(created ? EventKind::create : EventKind::file, file, name);
  return file;
}

}  // namespace states
