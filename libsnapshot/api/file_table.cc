#include "api/file_table.h"

#include <new>

#include "base/syscall.h"

namespace snapshot {

constinit std::atomic<RegisteredFile *> registered_files[kSlotsMax];

namespace {

constexpr u32 kBuckets = 4096;

struct Entry {
  std::atomic<u64> device;
  std::atomic<u64> inode;
  std::atomic<Slot> next;
};

// A hash table with chained slots. Writers hold the registry's lock, with signals blocked. Readers take no
// lock, since they may run in a handler: they try again if the version has changed (a sequence lock).
constinit Entry entries[kSlotsMax];
constinit std::atomic<Slot> buckets[kBuckets];
constinit std::atomic<u32> version{0};
constinit std::atomic<u32> open_count{0};

std::atomic<Slot> *bucket_of(FileKey key) {
  // Inode numbers are dense; spread them and let the device disturb.
  return &buckets[((key.inode ^ (key.device << 20)) * 0x9e3779b97f4a7c15u) >> 52];
}
static_assert(kBuckets == 1 << (64 - 52));

class TableChange {
 public:
  TableChange() { version.fetch_add(1, std::memory_order_acq_rel); }
  ~TableChange() { version.fetch_add(1, std::memory_order_acq_rel); }
};

Slot look_up(FileKey key) {
  for (;;) {
    const u32 before = version.load(std::memory_order_acquire);
    Slot found = 0;
    // A chain seen in the middle of a change may lead anywhere; its length is bounded all the same.
    Slot s = bucket_of(key)->load(std::memory_order_acquire);
    for (Slot steps = 0; s != 0 && steps < kSlotsMax; ++steps) {
      const Entry &e = entries[s];
      if (e.inode.load(std::memory_order_acquire) == key.inode &&
          e.device.load(std::memory_order_acquire) == key.device) {
        found = s;
        break;
      }
      s = e.next.load(std::memory_order_acquire);
    }
    if (before % 2 == 0 && version.load(std::memory_order_acquire) == before) return found;
  }
}

}  // namespace

RegisteredFile *object_for(Slot slot) {
  RegisteredFile *file = registered_files[slot].load(std::memory_order_acquire);
  if (file != nullptr) return file;
  const long page =
      sys::mmap(0, sizeof(RegisteredFile), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sys::failed(page)) return nullptr;
  file = new (reinterpret_cast<void *>(page)) RegisteredFile;
  file->slot = slot;
  registered_files[slot].store(file, std::memory_order_release);
  return file;
}

void enter_table(RegisteredFile &file) {
  Entry &e = entries[file.slot];
  std::atomic<Slot> *bucket = bucket_of(file.key);
  {
    TableChange change;
    e.device.store(file.key.device, std::memory_order_release);
    e.inode.store(file.key.inode, std::memory_order_release);
    e.next.store(bucket->load(std::memory_order_relaxed), std::memory_order_release);
    bucket->store(file.slot, std::memory_order_release);
  }
  open_count.fetch_add(1, std::memory_order_release);
}

void leave_table(RegisteredFile &file) {
  TableChange change;
  for (std::atomic<Slot> *link = bucket_of(file.key); link->load(std::memory_order_relaxed) != 0;
       link = &entries[link->load(std::memory_order_relaxed)].next)
    if (link->load(std::memory_order_relaxed) == file.slot) {
      link->store(entries[file.slot].next.load(std::memory_order_relaxed), std::memory_order_release);
      open_count.fetch_sub(1, std::memory_order_release);
      return;
    }
}

RegisteredFile *file_by_key(FileKey key) {
  if (!any_managed()) return nullptr;
  const Slot slot = look_up(key);
  return slot == 0 ? nullptr : registered_files[slot].load(std::memory_order_acquire);
}

Status file_by_fd(int fd, RegisteredFile **out) {
  *out = nullptr;
  if (!any_managed()) return kOk;
  struct stat st;
  const long result = sys::fstat(fd, &st);
  if (result == -EBADF) return kOk;
  if (sys::failed(result)) return cannot_look_at(fd, sys::status(result));
  *out = file_by_key({st.st_dev, st.st_ino});
  return kOk;
}

namespace {
RegisteredFile *file_in_state(Slot slot, FileState state) {
  RegisteredFile *file = registered_files[slot].load(std::memory_order_acquire);
  return file != nullptr && file->state.load(std::memory_order_acquire) == state ? file : nullptr;
}
}  // namespace

RegisteredFile *open_file_at_slot(Slot slot) { return file_in_state(slot, FileState::open); }
RegisteredFile *inherited_file_at_slot(Slot slot) { return file_in_state(slot, FileState::inherited); }

bool any_managed() { return open_count.load(std::memory_order_acquire) != 0; }

void clear_table() {
  version.store(0, std::memory_order_relaxed);
  for (auto &bucket : buckets) bucket.store(0, std::memory_order_relaxed);
  open_count.store(0, std::memory_order_relaxed);
}

}  // namespace snapshot
