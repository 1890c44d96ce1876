// Invariants 1 and 2 for commits of every shape: runs and hash pieces that end everywhere, files that end
// within a line, grow, shrink. Claim: once msync has returned, recovery finds the commit whole; before, it
// finds the one before it, however little or much of the data has arrived. Method: a child commits and is
// gone (or is gone in the middle, with half of a run in the file); the parent recovers by name, without the
// child's help.
#include <array>

#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

struct Store {
  std::size_t at, bytes;
};
struct Shape {
  const char *name;
  std::size_t size_before, size_after;
  std::vector<Store> stores;
};

// count runs of one line each.
std::vector<Store> single_lines(std::size_t count) {
  std::vector<Store> stores;
  for (std::size_t i = 0; i < count; ++i) stores.push_back({i * 128, 64});
  return stores;
}

// A hash piece is 256 lines; a read of the run table, 512 runs (FORMAT.md, record_cursor.h).
const Shape shapes[] = {
    {"one line", 8192, 8192, {{64, 64}}},
    {"one piece", 65536, 65536, {{0, 256 * 64}}},
    {"one piece and a line", 65536, 65536, {{64, 257 * 64}}},
    {"pieces that end within runs",
     1 << 20,
     1 << 20,
     {{0, 100 * 64}, {65536, 300 * 64}, {1 << 18, 500 * 64}}},
    {"eight runs", 65536, 65536, single_lines(8)},
    {"many runs", 1 << 18, 1 << 18, single_lines(1100)},
    {"the end of a file that ends within a line", 6417, 6417, {{64, 64}, {6400, 64}}},
    {"growth from within a line to within a line", 6417, 12805, {{6390, 64}, {12790, 60}}},
    {"growth without a store", 6417, 20001, {}},
    {"shrinking to within a line", 12805, 6417, {{64, 64}, {6390, 40}, {12000, 64}}},
    {"shrinking without a store", 12805, 6400, {}},
    {"shrinking to nothing", 12805, 0, {}},
    {"growth from one byte", 1, 100, {{0, 100}}},
};

std::string old_bytes(const Shape &shape) {
  std::string bytes(shape.size_before, 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + (i / 64 + i) % 23);
  return bytes;
}

std::string new_bytes(const Shape &shape) {
  std::string bytes = old_bytes(shape);
  bytes.resize(shape.size_after);
  for (const Store &s : shape.stores)
    for (std::size_t i = s.at; i < std::min(s.at + s.bytes, shape.size_after); ++i) bytes[i] = 'N';
  return bytes;
}

// commits_before commits of other lines, then the shape's; what is stored goes back to what it was, so that
// only the shape's commit shows.
void commit_shape(const Shape &shape, const std::string &path, unsigned commits_before, const auto &then) {
  write_file(path, old_bytes(shape));
  const MappedFile file(path, 1 << 20);
  for (unsigned n = 0; n < commits_before; ++n) {
    __snapshot_mark(file.begin(), 1);
    if (file.commit() != 0) throw std::runtime_error("a commit before failed");
  }
  if (shape.size_after != shape.size_before &&
      ftruncate(file.fd(), static_cast<off_t>(shape.size_after)) != 0)
    throw std::runtime_error("ftruncate");
  // Also beyond the end, in the rest of its page: that is no part of the file.
  for (const Store &s : shape.stores) fill(file.begin() + s.at, s.bytes, 'N');
  then(file);
  _exit(0);
}

std::string path_for(const TempDir &dir, const Shape &shape, const std::string &medium, unsigned number) {
  return dir / (std::string(shape.name) + ", " + medium + ", " + std::to_string(number));
}

}  // namespace

TEST_CASE("a commit of any shape that has returned is whole, as the first one and as a later one") {
  TempDir dir;
  for (const Shape &shape : shapes)
    for (unsigned before : {0u, 1u, 2u}) {
      INFO(shape.name << " after " << before << " commits");
      in_own_process(
          [&](const std::string &medium) {
            commit_shape(shape, path_for(dir, shape, medium, before), before, [](const MappedFile &file) {
              if (file.commit() != 0) throw std::runtime_error("commit failed");
            });
          },
          [&](const std::string &medium) {
            const std::string path = path_for(dir, shape, medium, before);
            snapshot::FileReport report;
            REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
            CHECK(report.findings.verdict == snapshot::Verdict::complete);
            CHECK((read_file(path) == new_bytes(shape)));
          });
    }
}

namespace {

// Set in the child: of the run that arrives as the last one the first half, of one line all of it, is as it
// was before, and the process ends.
std::string before_tearing;
unsigned runs_left;

void tear(snapshot::Verb verb, void *to, snapshot::u64 bytes) {
  const auto at = reinterpret_cast<snapshot::u64>(to) - snapshot::kWorkingBase - snapshot::kBackingDistance;
  if ((verb != snapshot::Verb::copy_nt && verb != snapshot::Verb::copy_plain) || at >= snapshot::kRangeBytes)
    return;
  if (--runs_left > 0) return;
  const std::size_t offset = at % (1 << 21);  // windows start at multiples of it; no file here is as long
  for (std::size_t i = 0; i < (bytes / 64 + 1) / 2 * 64; ++i)
    static_cast<char *>(to)[i] = offset + i < before_tearing.size() ? before_tearing[offset + i] : 0;
  _exit(0);
}

}  // namespace

TEST_CASE("a commit of any shape of which a part has arrived is undone to the byte", "[undo]") {
  TempDir dir;
  static const snapshot::Observer observer = {nullptr, &tear};
  for (const Shape &shape : shapes)
    for (unsigned runs : {1u, 2u, 3u, 700u}) {
      if (shape.stores.size() < runs) continue;
      INFO(shape.name << ", torn in run " << runs);
      in_own_process(
          [&](const std::string &medium) {
            commit_shape(shape, path_for(dir, shape, medium, runs), runs % 2, [&](const MappedFile &file) {
              before_tearing = old_bytes(shape), runs_left = runs;
              snapshot::snapshot_observer = &observer;
              (void)file.commit();
              _exit(3);
            });
          },
          [&](const std::string &medium) {
            const std::string path = path_for(dir, shape, medium, runs);
            snapshot::FileReport report;
            REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
            CHECK(report.findings.verdict == snapshot::Verdict::undo);
            CHECK((read_file(path) == old_bytes(shape)));
          });
    }
}
