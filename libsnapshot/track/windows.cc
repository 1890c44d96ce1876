#include "track/windows.h"

#include <sys/resource.h>

#include "base/message.h"
#include "base/syscall.h"

namespace snapshot {

constinit std::atomic<u16> granule_slots[kGranules];
constinit Window windows[kSlotsMax];
constinit std::atomic<u64> old_bytes_distance{0};

namespace {

static_assert(kSlotsMax <= 65536, "a slot fits a granule's entry");

constinit u64 ranges_reserved = 0, ranges_open = 0;
constinit u64 windows_in_use = 0;

struct Range {
  const char *name;
  u64 base;
  u64 bytes;
  int prot;
};

// The line map is readable everywhere from the start, so that the inline test of the pass never faults; it
// becomes writable window by window. Pages that are only read cost nothing and are not accounted for.
constexpr Range kRanges[] = {
    {"working range", kWorkingBase, kRangeBytes, PROT_NONE},
    {"backing range", kWorkingBase + kBackingDistance, kRangeBytes, PROT_NONE},
    {"line map", kLineMapBase, kLineMapBytes, PROT_READ},
    {"page map", kPageMapBase, kPageMapBytes, PROT_NONE},
};

long reserve(const Range &r) {
  return sys::mmap(r.base, r.bytes, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

// In a program that locks all of its memory to come (mlockall), what is reserved is not to be locked: the
// page tables and pages would take gigabytes. So it becomes readable only now.
long open_reserved(const Range &r) {
  (void)sys::call(SYS_munlock, static_cast<long>(r.base), static_cast<long>(r.bytes));
  return r.prot == PROT_NONE ? 0 : sys::mprotect(r.base, r.bytes, r.prot);
}

Status refused(const Range &r, long result) {
  Message m;
  m << "cannot reserve the " << r.name << " (" << (r.bytes >> 30) << " GiB at ";
  m.hex(r.base) << "): "
                << (result == -EEXIST ? "something else is mapped there"
                                      : "the address space is limited; raise it with ulimit -v unlimited")
                << ", or build Snapshot with another SNAPSHOT_WORKING_BASE or a smaller SNAPSHOT_RANGE_BITS";
  return fail(ENOMEM, m);
}

// Private writable mappings count as data for RLIMIT_DATA, whether they have pages or not. Most of what is
// allowed is left to the program, whose malloc would fail next.
u64 data_allowed() {
  struct rlimit limit;
  if (sys::failed(sys::call(SYS_prlimit64, 0, RLIMIT_DATA, 0, sys::as_long(&limit)))) return ~u64{0};
  return limit.rlim_cur == RLIM_INFINITY ? ~u64{0} : limit.rlim_cur / 32;
}

// vm.overcommit_memory=2: all of a private mapping counts as memory in use, MAP_NORESERVE or not, so room to
// grow is taken from the whole machine.
bool counts_reserved_memory() {
  char mode = 0;
  const long fd = sys::open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
  if (sys::failed(fd)) return false;
  const long n = sys::pread(static_cast<int>(fd), &mode, 1, 0);
  (void)sys::close(static_cast<int>(fd));
  return n == 1 && mode == '2';
}

u64 room_allowed() {
  return counts_reserved_memory() ? min_u64(data_allowed(), u64{64} << 20) : data_allowed();
}

u64 room_wanted(u64 bytes) {
  const u64 usual = windows_in_use < 32 ? u64{8} << 30 : windows_in_use < 288 ? u64{1} << 30 : u64{64} << 20;
  u64 room = min_u64(usual, kRangeBytes / 32);
  while (room < 4 * bytes && room < kRangeBytes) room *= 2;
  return min_u64(room, max_u64(room_allowed(), bytes));
}

// First fit. kGranules: none.
u64 find_granules(u64 count) {
  u64 found = 0;
  for (u64 g = 0; g < kGranules; ++g) {
    found = granule_slots[g].load(std::memory_order_relaxed) == 0 ? found + 1 : 0;
    if (found == count) return g + 1 - count;
  }
  return kGranules;
}

Slot free_slot() {
  for (Slot s = 1; s < kSlotsMax; ++s)
    if (windows[s].line_count == 0) return s;
  return 0;
}

struct MapParts {
  u64 line_map, line_bytes, page_map, page_bytes;
};

MapParts parts_of(const Window &w) {
  return {kLineMapBase + w.first_line, w.line_count, kPageMapBase + w.first_line / kLinesPerPage,
          w.line_count / kLinesPerPage};
}

Status open_maps(const Window &w) {
  const MapParts p = parts_of(w);
  long result = sys::mprotect(p.line_map, p.line_bytes, PROT_READ | PROT_WRITE);
  if (!sys::failed(result)) {
    // Page map parts of neighbouring windows may share a page: only ever widen access.
    const u64 first = round_down(p.page_map, kPageBytes);
    result =
        sys::mprotect(first, round_up(p.page_map + p.page_bytes, kPageBytes) - first, PROT_READ | PROT_WRITE);
  }
  return sys::status(result);
}

// Zeroes part of a map: whole pages are dropped, the rest is cleared by hand.
void clear_map(u64 address, u64 bytes) {
  const u64 first = round_up(address, kPageBytes), end = round_down(address + bytes, kPageBytes);
  if (first >= end) {
    fill_bytes(reinterpret_cast<void *>(address), 0, bytes);
    return;
  }
  // EINVAL: locked memory (mlockall).
  if (sys::failed(sys::madvise(first, end - first, MADV_DONTNEED)))
    fill_bytes(reinterpret_cast<void *>(first), 0, end - first);
  fill_bytes(reinterpret_cast<void *>(address), 0, first - address);
  fill_bytes(reinterpret_cast<void *>(end), 0, address + bytes - end);
}
static_assert(kGranuleBytes / kLineBytes % kPageBytes == 0, "windows share no page of the line map");

}  // namespace

Status reserve_ranges() {
  // What has been reserved stays so: it is ours, and giving it back could fail as well.
  for (; ranges_reserved < sizeof kRanges / sizeof kRanges[0]; ++ranges_reserved) {
    const Range &r = kRanges[ranges_reserved];
    const long result = reserve(r);
    if (!sys::failed(result) && static_cast<u64>(result) == r.base) continue;
    if (!sys::failed(result)) (void)sys::munmap(static_cast<u64>(result), r.bytes);
    return refused(r, sys::failed(result) ? result : -EEXIST);
  }
  for (; ranges_open < ranges_reserved; ++ranges_open)
    if (const long result = open_reserved(kRanges[ranges_open]); sys::failed(result))
      return refused(kRanges[ranges_open], result);
  return kOk;
}

Status allocate_window(u64 bytes, const char *path, Slot *out) {
  const u64 needed = round_up(kWindowSkew + max_u64(bytes, 1), kGranuleBytes);
  const Slot slot = free_slot();
  u64 room = round_up(room_wanted(needed), kGranuleBytes);
  u64 first = find_granules(room / kGranuleBytes);
  while (first == kGranules && room > needed) {
    room = max_u64(needed, round_up(room / 2, kGranuleBytes));
    first = find_granules(room / kGranuleBytes);
  }
  Message m;
  if (slot == 0 || first == kGranules || needed > kRangeBytes) {
    m << path << ": no window of " << (needed >> 20) << " MiB is left in the working range of "
      << (kRangeBytes >> 30) << " GiB; map fewer files at once, or build with more SNAPSHOT_RANGE_BITS";
    return fail(ENOMEM, m);
  }
  Window &w = windows[slot];
  w.first_line = (first * kGranuleBytes + kWindowSkew) / kLineBytes;
  w.line_count = (room - kWindowSkew) / kLineBytes;
  w.scan.store(false, std::memory_order_relaxed);
  if (Status s = open_maps(w); !s.ok()) {
    w.line_count = 0;
    m << path << ": no memory for the line map: " << error_words(s.error);
    return fail(ENOMEM, m);
  }
  for (u64 g = 0; g < room / kGranuleBytes; ++g)
    granule_slots[first + g].store(static_cast<u16>(slot), std::memory_order_release);
  ++windows_in_use;
  *out = slot;
  return kOk;
}

void free_window(Slot slot) {
  Window &w = windows[slot];
  const u64 lines_in_granule = kGranuleBytes / kLineBytes;
  for (u64 g = w.first_line / lines_in_granule; g * lines_in_granule < w.first_line + w.line_count; ++g)
    granule_slots[g].store(0, std::memory_order_release);
  const MapParts p = parts_of(w);
  clear_map(p.line_map, p.line_bytes);
  clear_map(p.page_map, p.page_bytes);
  w.line_count = 0;
  --windows_in_use;
}

void forget_pages(u64 first, u64 end) {
  if (first < end) clear_map(kPageMapBase + first, end - first);
}

void reserve_again(u64 address, u64 bytes) {
  (void)sys::mmap(address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

}  // namespace snapshot
