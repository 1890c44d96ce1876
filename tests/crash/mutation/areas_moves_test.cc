// The areas of a log on the move (log/areas.h), with any step of it failing. Claim: every byte of the areas
// has its block and nothing else in the log has one; an area that could not be moved is as it was, and so are
// both records; an entry never names a place that the log does not have yet; nothing stays mapped. Method:
// the log's own writer, with the kernel's answers replaced.
#include <linux/magic.h>
#include <sys/vfs.h>

#include "log/log_reader.h"
#include "logged_file.h"
#include "order_of_steps.h"
#include "own_process.h"

using namespace test;
using snapshot::AreaState;
using snapshot::Log;
using snapshot::LogView;
using snapshot::MediumKind;
using snapshot::Status;

namespace {

constexpr u64 kMiB = 1 << 20;

struct stat status_of_file(int fd) {
  struct stat st;
  REQUIRE(fstat(fd, &st) == 0);
  return st;
}
u64 file_bytes(int fd) { return static_cast<u64>(status_of_file(fd).st_size); }
u64 blocks_in_use(int fd) { return static_cast<u64>(status_of_file(fd).st_blocks) * 512; }

// Other file systems than tmpfs may have blocks of their own in a file.
bool counts_exactly(int fd) {
  struct statfs fs;
  return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

// Of this process; read without allocating anything.
u64 mapped_bytes() {
  char text[64] = {};
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  REQUIRE(read(fd, text, sizeof text - 1) > 0);
  close(fd);
  return std::strtoull(text, nullptr, 10) * page;
}

bool both_records_are_whole(const Log &log) {
  LogView view;
  REQUIRE(snapshot::read_log(log.fd, "log", &view).ok());
  return view.record[0].state == AreaState::whole && view.record[1].state == AreaState::whole;
}
bool newest_record_is_whole(const Log &log) {
  LogView view;
  if (!snapshot::read_log(log.fd, "log", &view).ok()) return false;
  const snapshot::RecordView &r = view.record[snapshot::format::area_of(log.sequence)];
  return r.state == AreaState::whole && r.header.sequence == log.sequence;
}

bool same_place(const snapshot::Area &a, const snapshot::Area &b) {
  return a.offset == b.offset && a.capacity == b.capacity && a.mapped == b.mapped;
}

bool is_entry(const Log &log, long number, const long *a) {
  return number == SYS_pwrite64 && a[0] == log.fd && (a[3] == 128 || a[3] == 192);
}

// What may go wrong before an area's entry is written, and what the caller is to be told.
struct Failure {
  long number;
  int from_kernel, told;
};
constexpr Failure failures[] = {
    {SYS_fallocate, ENOSPC, ENOSPC}, {SYS_fallocate, EDQUOT, EDQUOT}, {SYS_mmap, ENOMEM, ENOMEM},
    {SYS_madvise, EFAULT, ENOSPC},   {SYS_madvise, ENOMEM, ENOMEM},   {SYS_fsync, EIO, EIO},
    {SYS_fstat, ENOMEM, ENOMEM},     {SYS_ftruncate, EDQUOT, EDQUOT},
};

// One call of reserve_record, with at most one failure.
class Move {
 public:
  Move(Log *log, u64 bytes, const Failure *failure, bool blocks_are_promised)
      : log_(log), failure_(failure), promised_(blocks_are_promised) {
    (void)Steps::of([&] { result = snapshot::reserve_record(log, bytes); },
                    [this](long number, const long *a) { return answer(number, a); });
  }
  Status result;
  bool failed = false, entry_written = false, log_was_ready = true;
  // Of what is mapped of a log on memory media, every page was asked for before the entry.
  bool populated = false;

 private:
  long answer(long number, const long *a) {
    if (is_entry(*log_, number, a)) {
      snapshot::format::AreaEntry entry;
      std::memcpy(&entry, reinterpret_cast<const void *>(a[1]), sizeof entry);
      entry_written = true;
      log_was_ready = synced_ && file_bytes(log_->fd) >= entry.offset + entry.capacity;
    }
    const bool before_the_entry = !entry_written && !failed;
    if (before_the_entry && failure_ != nullptr && number == failure_->number) {
      failed = true;
      return -failure_->from_kernel;
    }
    if (number == SYS_madvise) populated = true;
    if (number == SYS_fsync) synced_ = true;
    if (before_the_entry && (number == SYS_fallocate || number == SYS_ftruncate)) synced_ = false;
    return number == SYS_fallocate && !promised_ ? -EOPNOTSUPP : 0;
  }

  Log *log_;
  const Failure *failure_;
  bool promised_, synced_ = false;
};

u64 next_random(u64 *random) { return (*random = *random * 6364136223846793005 + 1442695040888963407) >> 33; }

void move_often(const std::string &path, MediumKind kind, bool blocks_are_promised, u64 random) {
  LoggedFile file(path, std::string(64, 'a'), kind);
  Log &log = file.log();
  for (unsigned n = 0; n < 16; ++n) {
    const u64 bytes = (next_random(&random) % 32 + 1) << (11 + next_random(&random) % 6);
    const Failure *failure = n % 5 < 2 ? &failures[next_random(&random) % std::size(failures)] : nullptr;
    const unsigned index = snapshot::format::area_of(log.sequence + 1);
    const snapshot::Area before = log.area[index];
    const Move move(&log, bytes, failure, blocks_are_promised);
    INFO("move " << n << " of area " << index << " from " << before.offset << ", " << before.capacity
                 << " to " << log.area[index].offset << ", " << log.area[index].capacity << " for " << bytes
                 << "; " << (move.failed ? failure->number : 0));
    REQUIRE(move.log_was_ready);
    if (move.entry_written) REQUIRE(move.populated == (kind == MediumKind::memory));
    REQUIRE(move.result.error == (move.failed ? failure->told : 0));
    if (move.failed) {
      REQUIRE(same_place(log.area[index], before));
      if (log.sequence > 1) REQUIRE(both_records_are_whole(log));
    }
    const u64 end = std::max(log.area[0].end(), log.area[1].end());
    REQUIRE(file_bytes(log.fd) == end);
    const u64 blocks = blocks_in_use(log.fd), needed = page + log.area[0].capacity + log.area[1].capacity;
    if (blocks_are_promised) {
      REQUIRE(blocks >= needed);
      REQUIRE(blocks <= needed + (counts_exactly(log.fd) ? 0 : 64 * page));
    }
    file.commit({{lines_of(0, 1, 'b')}, 64});
    REQUIRE(newest_record_is_whole(log));
    if (log.sequence > 1 && !move.entry_written) REQUIRE(both_records_are_whole(log));
  }
}

}  // namespace

TEST_CASE("areas that move, or cannot: each has its blocks, nothing else has one, and the records stand",
          "[log]") {
  TempDir dir;
  for (const auto kind : {MediumKind::page_cache, MediumKind::memory})
    for (const bool promised : {true, false}) {
      const u64 before = mapped_bytes();
      for (unsigned seed = 0; seed < 16; ++seed) {
        const std::string path = dir / (std::to_string(static_cast<int>(kind)) + (promised ? "p" : "n"));
        move_often(path + std::to_string(seed), kind, promised, seed);
        std::filesystem::remove(path + std::to_string(seed) + ".snaplog");
      }
      CHECK(mapped_bytes() < before + 2 * kMiB);
    }
}

TEST_CASE("an area whose entry may or may not be on the medium is used again only when one is for sure",
          "[log]") {
  TempDir dir;
  enum Fault { refused, half, unsynced };
  for (const auto kind : {MediumKind::page_cache, MediumKind::memory})
    for (const Fault fault : {refused, half, unsynced}) {
      INFO("medium " << static_cast<int>(kind) << ", fault " << fault);
      const u64 mapped_before = mapped_bytes();
      LoggedFile file(dir / (std::to_string(static_cast<int>(kind)) + std::to_string(fault)),
                      std::string(page, 'a'), kind);
      Log &log = file.log();
      for (int n = 0; n < 3; ++n) file.commit({{lines_of(0, 1, static_cast<char>('b' + n))}, page});
      for (u64 round = 0; round < 12; ++round) {
        Status s;
        bool written = false;
        const u64 larger = 2 * log.area[snapshot::format::area_of(log.sequence + 1)].capacity;
        const u64 bytes = round < 3 ? larger : 200 * 1024;
        const auto failing_entry = [&](long number, const long *a) -> long {
          if (written && number == SYS_fdatasync && fault == unsynced) return -EIO;
          if (!is_entry(log, number, a)) return 0;
          written = true;
          if (fault == half) return snapshot::sys::kernel_call(number, a[0], a[1], 32, a[3], 0, 0);
          return fault == refused ? -ENOSPC : 0;
        };
        const auto reserve = [&] { s = snapshot::reserve_record(&log, bytes); };
        (void)Steps::of(reserve, failing_entry);
        if (!written) continue;  // it was large enough
        REQUIRE(s.error == (fault == refused ? ENOSPC : EIO));
        REQUIRE(newest_record_is_whole(log));
        // Whichever place the entry names, the log has it: else reading would refuse.
        for (const long failing : {long{SYS_fallocate}, long{SYS_fsync}}) {
          (void)Steps::of(reserve,
                          [&](long number, const long *) -> long { return number == failing ? -ENOSPC : 0; });
          REQUIRE(s.error == ENOSPC);
          REQUIRE(newest_record_is_whole(log));
        }
        // Small: it would fit where the area was.
        file.commit({{lines_of(0, 1, static_cast<char>('d' + round))}, page});
        REQUIRE(newest_record_is_whole(log));
        file.commit({{lines_of(1, 1, 'x')}, page});
      }
      file.crash();
      CHECK(mapped_bytes() < mapped_before + 128 * 1024);
    }
}

TEST_CASE("areas that cannot be opened leave nothing mapped, and say why; closed ones are gone", "[log]") {
  TempDir dir;
  for (const auto kind : {MediumKind::page_cache, MediumKind::memory}) {
    const LoggedFile file(dir / std::to_string(static_cast<int>(kind)), "x", kind);
    const u64 before = mapped_bytes();
    for (unsigned round = 0; round < 40; ++round) {
      bool failed = true;
      for (int n = 1; failed; ++n) {
        Log log;
        log.fd = const_cast<LoggedFile &>(file).log().fd;
        log.medium = const_cast<LoggedFile &>(file).log().medium;
        failed = false;
        Status s;
        (void)Steps::of([&] { s = snapshot::open_areas(&log); },
                        [&, left = n](long number, const long *) mutable -> long {
                          if ((number != SYS_mmap && number != SYS_madvise) || --left != 0) return 0;
                          failed = true;
                          return -ENOMEM;
                        });
        REQUIRE(s.error == (failed ? ENOMEM : 0));
        if (!failed) snapshot::close_areas(&log);
        REQUIRE(log.area[0].mapped == nullptr);
        REQUIRE(log.area[1].mapped == nullptr);
      }
    }
    CHECK(mapped_bytes() < before + 256 * 1024);
  }
}

TEST_CASE("an area moves only for a record that does not fit, or needs very little of a large one", "[log]") {
  TempDir dir;
  LoggedFile file(dir / "data", "x");
  Log &log = file.log();
  const auto moves_for = [&](u64 bytes) {
    Status s;
    const bool moved = !Steps::of([&] { s = snapshot::reserve_record(&log, bytes); }).empty();
    REQUIRE(s.ok());
    return moved;
  };
  CHECK_FALSE(moves_for(log.area[1].capacity));
  CHECK(moves_for(20 * kMiB));
  for (const u64 bytes : {log.area[1].capacity, 10 * kMiB, log.area[1].capacity / 64})
    CHECK_FALSE(moves_for(bytes));
  // A very large one does not take twice what it needs.
  CHECK(moves_for(64 * kMiB + 64));
  CHECK(log.area[1].capacity <= 80 * kMiB);
  LogView view;
  REQUIRE(snapshot::read_log(log.fd, "log", &view).ok());
  CHECK(view.record[1].area.capacity == log.area[1].capacity);
}

TEST_CASE("a large area is given back at once, from where the new one ends", "[log]") {
  TempDir dir;
  LoggedFile file(dir / "data", "x");
  Log &log = file.log();
  for (const u64 bytes : {20 * kMiB, 20 * kMiB, u64{64}, 100 * u64{1024}}) {
    REQUIRE(snapshot::reserve_record(&log, bytes).ok());
    ++log.sequence;
    const u64 needed = page + log.area[0].capacity + log.area[1].capacity;
    CHECK(blocks_in_use(log.fd) >= needed);
    CHECK(blocks_in_use(log.fd) <= needed + (counts_exactly(log.fd) ? 0 : 64 * page));
  }
}
