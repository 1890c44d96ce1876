// Sizes that change, in every order: invariants 1 and 4 with ftruncate among stores, commits and rollbacks of
// parts and of the whole, on both kinds of working copy. Claim: at each moment the program sees the bytes
// that it stored, and zeros in what it has added, whatever had been there before it cut the file; the file
// has the newest commit; and a crash leaves just that. Method: a model that is two strings, compared after
// each of some thousand random steps.
#include <algorithm>
#include <cstdint>
#include <random>

#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;

namespace {

constexpr std::size_t line = 64, mapped_bytes = 24 * page, size_max = 20 * page;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

std::size_t up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }
bool zeros(const char *begin, const char *end) {
  return std::all_of(begin, end, [](char c) { return c == 0; });
}

// A file, and what it is to be.
class Modelled {
 public:
  Modelled(const std::string &path, const std::string &bytes, std::uint64_t seed)
      : file_((write_file(path, bytes), path), mapped_bytes),
        random_(seed),
        seen_(bytes),
        committed_(bytes),
        real_size_(bytes.size()) {}

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return resize(any_size());
      case 3:
        return commit(0, mapped_bytes);
      case 4:
        return with_range(&Modelled::commit);
      case 5:
        return roll_back(0, mapped_bytes);
      case 6:
        return with_range(&Modelled::roll_back);
      case 7:
        return store_beyond_end();
      case 8:
        return map_again();
      default:
        return store();
    }
  }

  void check() const {
    const std::string what = " after:" + story_;
    struct stat st;
    require(fstat(file_.fd(), &st) == 0 && st.st_size == static_cast<off_t>(seen_.size()), "its size" + what);
    require(std::string(file_.begin(), seen_.size()) == seen_, "the working copy" + what);
    if (tail_is_clear_)
      require(zeros(file_.begin() + seen_.size(), file_.begin() + up(seen_.size(), page)),
              "beyond the end" + what);
    std::string in_file = committed_;
    in_file.resize(real_size_);
    require(file_.on_file() == in_file, "the file" + what);
  }

  const std::string &committed() const { return committed_; }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  void tell(const std::string &what, std::size_t a, std::size_t b = 0) {
    story_ += " " + what + " " + std::to_string(a) + " " + std::to_string(b) + ",";
  }

  // At and near the ends of pages and lines as often as anywhere.
  std::size_t any_size() {
    const std::size_t unit = below(4) == 0 ? line : page;
    const std::size_t near = below(size_max / unit) * unit;
    switch (below(4)) {
      case 0:
        return near;
      case 1:
        return near + 1 + below(line);
      case 2:
        return near + unit - 1;
      default:
        return below(size_max);
    }
  }

  void resize(std::size_t size) {
    tell("resize", size);
    require(ftruncate(file_.fd(), static_cast<off_t>(size)) == 0, "ftruncate" + story_);
    if (size != seen_.size()) tail_is_clear_ = true;
    seen_.resize(size);
    real_size_ = std::max(real_size_, size);
  }

  void store() {
    if (seen_.empty()) return;
    const std::size_t at = below(seen_.size());
    const std::size_t bytes = 1 + below(std::min(seen_.size() - at, below(3) == 0 ? 5 * page : 100));
    const char letter = static_cast<char>('a' + below(26));
    tell("store", at, bytes);
    fill(file_.begin() + at, bytes, letter);
    std::fill_n(seen_.begin() + static_cast<std::ptrdiff_t>(at), bytes, letter);
  }

  // In the rest of the last page, which is no part of the file.
  void store_beyond_end() {
    const std::size_t end = up(seen_.size(), page);
    if (end == seen_.size()) return;
    const std::size_t at = seen_.size() + below(end - seen_.size());
    tell("beyond", at, end - at);
    fill(file_.begin() + at, end - at, 'B');
    tail_is_clear_ = false;
  }

  void with_range(void (Modelled::*action)(std::size_t, std::size_t)) {
    const bool from_begin = below(3) == 0;
    const std::size_t begin = from_begin ? 0 : below(size_max);
    (this->*action)(begin, begin + 1 + below(from_begin ? 3 * page : mapped_bytes - begin - 1));
  }

  // The lines of [begin, end) go from one to the other; what from does not have is zeros.
  static void take_lines(std::string &to, const std::string &from, std::size_t begin, std::size_t end) {
    begin = begin / line * line, end = std::min(up(end, line), to.size());
    for (std::size_t i = begin; i < end; ++i) to[i] = i < from.size() ? from[i] : 0;
  }

  void commit(std::size_t begin, std::size_t end) {
    tell("commit", begin, end);
    require(snapshot_commit(file_.begin() + begin, end - begin) == 0, snapshot_last_error() + story_);
    committed_.resize(seen_.size());
    take_lines(committed_, seen_, begin, end);
    real_size_ = seen_.size();
  }

  void roll_back(std::size_t begin, std::size_t end) {
    tell("roll back", begin, end);
    require(snapshot_rollback(file_.begin() + begin, end - begin) == 0, snapshot_last_error() + story_);
    tail_is_clear_ = false;
    if (begin < line && up(end, line) >= up(std::max(seen_.size(), real_size_), line)) {
      seen_ = committed_;
      real_size_ = committed_.size();
    } else {
      take_lines(seen_, committed_, begin, end);
    }
  }

  // One more mapping looks at the file's size: a change that waits for its commit must not be forgotten.
  void map_again() {
    tell("map again", 0);
    require(mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, file_.fd(), 0) == file_.begin(), "mmap");
  }

  MappedFile file_;
  std::mt19937_64 random_;
  std::string seen_, committed_;
  std::size_t real_size_;  // larger than both while a shrink, or a growth, waits for its commit
  bool tail_is_clear_ = false;
  std::string story_;
};

std::string some_bytes(std::size_t size) {
  std::string bytes(size, 0);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('A' + (i / line + i) % 26);
  return bytes;
}

}  // namespace

TEST_CASE("sizes, stores, commits and rollbacks in any order are what they would be to two strings") {
  TempDir dir;
  for (const char *copy : {"eager", "lazy"})
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const std::string path = dir / (copy + std::to_string(seed));
      INFO(copy << " copy, seed " << seed);
      in_own_process(
          [&](const std::string &) {
            setenv("SNAPSHOT_COPY", copy, 1);
            auto *model = new Modelled(path, some_bytes(1 + seed * 4217 % size_max), seed);
            for (int i = 0; i < 80; ++i) {
              model->step();
              model->check();
            }
            write_file(path + ".committed", model->committed());
            _exit(0);
          },
          [&](const std::string &) {
            snapshot::FileReport report;
            REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
            CHECK((read_file(path) == read_file(path + ".committed")));
          });
    }
}
