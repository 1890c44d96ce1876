// The log as FORMAT.md describes it, byte by byte, after every commit of a random program: stores, changes of
// size, commits of all or of a part. Claim: each record has what the page says, so that a reader of this
// format's own finds its way back and forth; what is committed is what was dirty in the range, no more and no
// less. Method: a model of file and working copy, and a reader that shares the structures and the hash with
// the library and nothing else.
#include <algorithm>
#include <set>
#include <vector>

#include "log/format.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "platform/hash.h"
#include "recovery/recover_file.h"

using namespace test;
using snapshot::u64;
namespace format = snapshot::format;

namespace {

constexpr std::size_t line = 64;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

template <typename T>
T structure_at(const std::string &bytes, u64 offset) {
  T value;
  require(offset + sizeof value <= bytes.size(), "the log ends too early");
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

u64 checksum_of(u64 key, u64 seed, const std::string &lines) {
  return snapshot::hash_lines(snapshot::HashKey(key), seed, lines.data(), lines.size());
}

// rest: what else the checksum is of, behind the structure.
template <typename T>
bool checksum_holds(u64 key, u64 seed, T value, const std::string &rest = "") {
  const u64 expected = std::exchange(value.checksum, 0);
  return expected ==
         checksum_of(key, seed, std::string(reinterpret_cast<const char *>(&value), sizeof value) + rest);
}

// Bytes [at, at + 64) of what was size bytes long: beyond that, zeros.
std::string line_of_file(const std::string &bytes, std::size_t number) {
  std::string one = number * line < bytes.size() ? bytes.substr(number * line, line) : "";
  one.resize(line);
  return one;
}

struct Record {
  format::RecordHeader header;
  std::vector<u64> lines;  // numbers, in the order of the runs
  std::string old_lines;
};

struct Areas {
  format::Header header;
  format::AreaEntry entry[2];
};

Areas areas_of(const std::string &log) {
  Areas a;
  a.header = structure_at<format::Header>(log, 0);
  require(a.header.magic == format::kMagic && checksum_holds(format::kMagic, 0, a.header), "header");
  require(structure_at<format::Retired>(log, 64).magic == 0, "retired");
  for (u64 i = 0; i < 2; ++i) {
    a.entry[i] = structure_at<format::AreaEntry>(log, 128 + 64 * i);
    require(a.entry[i].log_id == a.header.log_id && checksum_holds(a.header.log_id, i, a.entry[i]), "entry");
    require(a.entry[i].offset % page == 0 && a.entry[i].offset >= page, "offset of an area");
    require(a.entry[i].capacity % page == 0 && a.entry[i].capacity >= 65536, "capacity of an area");
    require(a.entry[i].offset + a.entry[i].capacity <= log.size(), "an area beyond the end");
  }
  const auto [low, high] =
      std::minmax(a.entry[0], a.entry[1], [](auto &x, auto &y) { return x.offset < y.offset; });
  require(low.offset + low.capacity <= high.offset, "the areas overlap");
  return a;
}

// The record with this number, which must be whole.
Record record_of(const std::string &log, u64 sequence) {
  const Areas areas = areas_of(log);
  const format::AreaEntry &area = areas.entry[sequence % 2];
  Record r;
  r.header = structure_at<format::RecordHeader>(log, area.offset);
  require(r.header.magic == format::kUndoMagic && r.header.log_id == areas.header.log_id, "no record");
  require(r.header.sequence == sequence,
          "the record is number " + std::to_string(r.header.sequence) + ", not " + std::to_string(sequence));
  const u64 table = (r.header.run_count * u64{8} + 63) / 64 * 64;
  require(64 + table + r.header.line_count * 64 <= area.capacity, "the record is larger than its area");
  const std::string body = log.substr(area.offset + 64, table + r.header.line_count * 64);
  require(checksum_holds(areas.header.log_id, 0, r.header, body), "checksum of the record");
  for (u64 i = 0; i < table / 8; ++i) {
    const u64 run = structure_at<u64>(body, i * 8);
    require(i < r.header.run_count || run == 0, "no zeros after the runs");
    require(i >= r.header.run_count || (run & 0xfffffff) != 0, "an empty run");
    for (u64 k = 0; k < (run & 0xfffffff); ++k) r.lines.push_back((run >> 28) + k);
  }
  require(r.lines.size() == r.header.line_count, "line_count");
  std::vector<u64> sorted = r.lines;
  std::sort(sorted.begin(), sorted.end());
  require(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(), "runs overlap");
  r.old_lines = body.substr(table);
  return r;
}

// The log after commit number sequence, which has taken the file from before to after.
void require_log(const std::string &log, u64 sequence, const std::string &before, const std::string &after) {
  const Record r = record_of(log, sequence);
  require(r.header.size_before == before.size() && r.header.size_after == after.size(), "sizes");
  const u64 all = (std::max(before.size(), after.size()) + line - 1) / line;
  std::string old_lines, new_lines;
  std::vector<bool> covered(all);
  for (const u64 number : r.lines) {
    require(number < all, "a line beyond both ends");
    old_lines += line_of_file(before, number);
    new_lines += line_of_file(after, number);
    covered[number] = true;
  }
  require(r.old_lines == old_lines, "old lines");
  require(r.header.new_digest == checksum_of(r.header.log_id, sequence, new_lines), "new_digest");
  // A line that one of the two ends in may differ behind that end.
  for (u64 number = 0; number < std::min(before.size(), after.size()) / line; ++number)
    if (!covered[number] && line_of_file(before, number) != line_of_file(after, number))
      throw std::runtime_error("line " + std::to_string(number) + " has changed and is in no run");
  if (sequence > 1)
    require(record_of(log, sequence - 1).header.size_after == before.size(), "the record before");
  else
    require(structure_at<format::RecordHeader>(log, areas_of(log).entry[0].offset).magic == 0, "area 0");
}

u64 newest_in(const std::string &log) {
  u64 newest = 0;
  for (const format::AreaEntry &entry : areas_of(log).entry)
    newest = std::max(newest, structure_at<format::RecordHeader>(log, entry.offset).sequence);
  return newest;
}

// A program, and what should come of it.
class Program {
 public:
  Program(const std::string &path, unsigned seed)
      : random_(seed), file_((write_file(path, std::string(first_bytes, 'a')), path), room) {
    committed_ = working_ = std::string(first_bytes, 'a');
    working_.resize(room);
  }

  void step() {
    switch (below(8)) {
      case 0:
        return resize(1 + below(room - 1));
      case 1:
        return resize(std::min(room - 1, size_ / line * line + below(3 * line)));
      case 2:
        return store_much();
      default:
        for (std::size_t n = below(30); n > 0; --n) store(below(end_of_pages()), 1 + below(400));
    }
  }
  void commit_something() {
    std::size_t from = below(3) == 0 ? 0 : below(room / page) * page;
    std::size_t bytes = from == 0 ? room : (1 + below((room - from) / page)) * page;
    if (below(4) == 0 && from != 0) bytes = page;
    commit(from, bytes);
  }
  void commit(std::size_t from, std::size_t bytes) {
    require(msync(file_.begin() + from, bytes, MS_SYNC) == 0, snapshot_last_error());
    const std::string before = committed_;
    const bool resized = before.size() != size_;
    committed_.resize(size_);
    for (auto l = dirty_.begin(); l != dirty_.end();) {
      if (*l * line < from || *l * line >= from + bytes) {
        ++l;
        continue;
      }
      const std::size_t n = *l * line < size_ ? std::min(line, size_ - *l * line) : 0;
      if (n > 0) committed_.replace(*l * line, n, working_, *l * line, n);
      l = dirty_.erase(l);
    }
    if (file_.on_file() != committed_) throw std::runtime_error("the file is not what it should be");
    const std::string log = read_file(file_.path() + ".snaplog");
    const u64 newest = newest_in(log);
    if (newest == sequence_) return require(!resized && before == committed_, "no record was written");
    require(newest == ++sequence_, "number " + std::to_string(newest));
    require_log(log, sequence_, before, committed_);
  }
  const std::string &committed() const { return committed_; }

  static constexpr std::size_t room = 48 * page;

 private:
  static constexpr std::size_t first_bytes = 20 * page + 17;

  std::size_t below(std::size_t n) {
    random_ = random_ * 6364136223846793005 + 1442695040888963407;
    return n == 0 ? 0 : (random_ >> 33) % n;
  }
  std::size_t end_of_pages() const { return std::min(room, (size_ + page - 1) / page * page); }

  void store(std::size_t at, std::size_t bytes) {
    bytes = std::min(bytes, end_of_pages() - at);
    const char letter = static_cast<char>('b' + below(24));
    fill(file_.begin() + at, bytes, letter);
    // What lies beyond the end is no part of the file.
    for (std::size_t i = at; i < std::min(at + bytes, size_); ++i) {
      working_[i] = letter;
      dirty_.insert(i / line);
    }
  }
  void store_much() {
    if (below(2) == 0) return store(0, room);
    const std::size_t stride = line * (2 + below(3));
    for (std::size_t at = below(line); at < end_of_pages(); at += stride) store(at, 8);
  }
  void resize(std::size_t size) {
    require(ftruncate(file_.fd(), static_cast<off_t>(size)) == 0, "ftruncate");
    const std::size_t lower = std::min(size, size_);
    std::fill(working_.begin() + static_cast<std::ptrdiff_t>(lower), working_.end(), 0);
    // What a shrink has cut off is gone, also if the file grows again before the commit.
    for (std::size_t l = lower / line; l * line < std::max(size, committed_.size()); ++l) dirty_.insert(l);
    if (size > size_)
      while (!dirty_.empty() && *dirty_.rbegin() * line >= size) dirty_.erase(*dirty_.rbegin());
    size_ = size;
  }

  u64 random_;
  MappedFile file_;
  std::string committed_, working_;
  std::set<std::size_t> dirty_;
  std::size_t size_ = first_bytes;
  u64 sequence_ = 0;
};

}  // namespace

TEST_CASE(
    "after every commit of a random program the log is what FORMAT.md says, and the file what was "
    "committed",
    "[undo]") {
  TempDir dir;
  for (unsigned seed = 1; seed <= 2; ++seed) {
    INFO("seed " << seed);
    const std::string path = dir / std::to_string(seed), expected = path + ".expected";
    in_own_process(
        [&](const std::string &) {
          auto *program = new Program(path, seed);
          for (unsigned n = 0; n < 50; ++n) {
            try {
              for (unsigned steps = 0; steps <= n % 3; ++steps) program->step();
              program->commit_something();
            } catch (const std::exception &e) {
              throw std::runtime_error("commit " + std::to_string(n) + ": " + e.what());
            }
          }
          write_file(expected, program->committed());
          _exit(0);
        },
        [&](const std::string &) {
          snapshot::FileReport report;
          REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
          CHECK(report.findings.verdict == snapshot::Verdict::complete);
          CHECK((read_file(path) == read_file(expected)));
        });
  }
}

TEST_CASE("what somebody else has put behind the end counts as zeros in the record", "[undo]") {
  TempDir dir;
  for (const std::size_t bytes : {20 * page + 17, 20 * page + 64, 20 * page}) {
    INFO(bytes);
    in_own_process([&](const std::string &) {
      const std::string path = dir / std::to_string(bytes), before(bytes, 'a'), others(6000, 'x');
      write_file(path, before);
      MappedFile file(path, 64 * page);
      // Past the library; it looks when a store lies beyond the end that it knows.
      require(syscall(SYS_pwrite64, file.fd(), others.data(), others.size(), bytes) ==
                  static_cast<long>(others.size()),
              "pwrite");
      fill(file.begin() + bytes - 1, 200, 'n');
      fill(file.begin() + 20 * page + 5000, 64, 'n');
      require(file.commit() == 0, snapshot_last_error());
      require_log(read_file(path + ".snaplog"), 1, before, file.on_file());
    });
  }
}

TEST_CASE("what somebody else has in the rest of the last page counts as zeros in the record", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const std::string path = dir / "data";
    for (const std::size_t bytes : {page + 17, page + 64, page + 65}) {
      const std::string before(bytes, 'a');
      write_file(path, before);
      const MappedFile file(path, bytes);
      // Another process, with a shared mapping: past the library.
      const long others =
          syscall(SYS_mmap, nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0L);
      require(others > 0, "mmap");
      std::memset(reinterpret_cast<char *>(others) + bytes, 'x', 2 * page - bytes);
      fill(file.begin() + page, bytes - page, 'n');
      require(file.commit() == 0, snapshot_last_error());
      require_log(read_file(path + ".snaplog"), 1, before, file.on_file());
      (void)syscall(SYS_munmap, others, 2 * page);
    }
  });
}
