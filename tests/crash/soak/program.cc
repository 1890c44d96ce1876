// Its files: opening, mapping, every kind of commit there is, and rolling back.
#include "program.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace soak {
namespace {

const char *last_error() {
  auto *text = reinterpret_cast<const char *(*)()>(dlsym(RTLD_DEFAULT, "snapshot_last_error"));
  return text == nullptr ? "" : text();
}

// The parts of files that are not managed lie where those of managed ones do, so that the model fits both.
char *place_without_snapshot(unsigned number) {
  return reinterpret_cast<char *>(0x200000000000u + (u64{number} << 33));
}

}  // namespace

void give_up(const char *what) {
  const int error = errno;
  std::snprintf(shared->error, sizeof shared->error, "%s: errno %d %s", what, error, last_error());
  _exit(gave_up);
}

void check(bool holds, const char *what) {
  if (!holds) give_up(what);
}

void Program::map_file(unsigned number) {
  File &file = files_[number];
  const bool unmanaged = shared->unmanaged != 0;
  void *wish = unmanaged ? place_without_snapshot(number) : nullptr;
  const int flags = MAP_SHARED | (unmanaged ? MAP_FIXED_NOREPLACE : 0);
  void *address = mmap(wish, map_bytes, PROT_READ | PROT_WRITE, flags, file.fd, 0);
  check(address != MAP_FAILED, "mmap");
  file.begin = static_cast<char *>(address);
  if (!unmanaged) {
    auto *is_managed =
        reinterpret_cast<int (*)(const void *, size_t)>(dlsym(RTLD_DEFAULT, "snapshot_is_managed"));
    check(is_managed != nullptr && is_managed(address, map_bytes) == 1, "the file is not managed");
  }
  check(shared->base[number] == 0 || shared->base[number] == reinterpret_cast<u64>(address),
        "the file is mapped at another address than before");
  shared->base[number] = reinterpret_cast<u64>(address);
}

void Program::open_file(unsigned number) {
  const std::string path = std::string(shared->directory) + "/" + file_name(number);
  files_[number].fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  check(files_[number].fd >= 0, "open");
  map_file(number);
}

void Program::find_part(unsigned number) {
  const File &file = files_[plan_.file_of(number)];
  Part &part = parts_[number];
  part.fd = file.fd;
  part.file_offset = plan_.offset_of(number);
  part.begin = file.begin + part.file_offset;
  part.size = plan_.part_bytes;
  if (plan_.shape != Shape::single) return;
  struct stat st;
  check(fstat(file.fd, &st) == 0 && st.st_size >= 64, "fstat");
  part.size = static_cast<u64>(st.st_size);
}

// What is known to have been committed must be there, before anything is committed on top of it. Canary: of
// course not.
void Program::check_part(unsigned number) {
  if (shared->unmanaged != 0 || plan_.shape == Shape::shared) return;
  const u64 k = parts_[number].round();
  check(k == 0 || parts_[number].header()->base == reinterpret_cast<u64>(parts_[number].begin),
        "a header is wrong");
  check(k >= shared->returned[number].load(), "a commit that had returned is not there after recovery");
  if (plan_.shape != Shape::group) shared->returned[number].store(k);
}

void Program::open_all() {
  const u64 begin = nanoseconds_now();
  for (unsigned f = 0; f < plan_.files(); ++f) open_file(f);
  for (unsigned p = 0; p < plan_.parts; ++p) {
    find_part(p);
    check_part(p);
  }
  note_duration(shared->opening_ns, nanoseconds_now() - begin);
  shared->opened.fetch_add(1);
}

// Every kind of commit there is for the part.
void Program::commit_part(unsigned number, u64 k) {
  Part &part = parts_[number];
  const bool whole_file = plan_.shape != Shape::own_part;
  const u64 length = whole_file ? map_bytes : part.size;
  const bool closes = plan_.workload != nullptr && plan_.workload->closes;
  switch (closes ? 7 : Random(plan_.seed, number + 200, k).below(whole_file ? 8 : 1)) {
    case 5:
      return check(fsync(part.fd) == 0, "fsync");
    case 6:
      return check(fdatasync(part.fd) == 0, "fdatasync");
    case 7:
      // Other threads may be unmapping and mapping, too, and then a file can come back at another address.
      if (plan_.shape != Shape::single) break;
      check(munmap(files_[0].begin, map_bytes) == 0, "munmap");
      shared->returned[number].store(k);
      map_file(0);
      return;
    default:
      break;
  }
  check(msync(part.begin, length, MS_SYNC) == 0, "msync");
}

// Does something else, and takes it back.
void Program::roll_back(unsigned number, u64 k) {
  static auto *rollback = reinterpret_cast<int (*)(void *, size_t)>(dlsym(RTLD_DEFAULT, "snapshot_rollback"));
  check(rollback != nullptr, "snapshot_rollback");
  Part &part = parts_[number];
  do_round<Writer>(plan_, number, part, far_away + k);
  check(rollback(part.begin, plan_.shape == Shape::own_part ? part.size : map_bytes) == 0,
        "snapshot_rollback");
  find_part(number);
}

// What read gives is what the mapping holds, committed or not.
void Program::compare_with_read(unsigned number) {
  const Part &part = parts_[number];
  char bytes[512];
  const u64 offset = Random(part.round(), number).below(part.size - sizeof bytes);
  const auto at = static_cast<off_t>(part.file_offset + offset);
  check(pread(part.fd, bytes, sizeof bytes, at) == sizeof bytes, "pread");
  check(memcmp(bytes, part.begin + offset, sizeof bytes) == 0, "read gives other bytes than the mapping");
}

}  // namespace soak
