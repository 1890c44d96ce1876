// Claim: whatever part of a commit's new bytes has reached the file, recovery yields the state before or
// after it, byte for byte. Method: two small commits; every subset of the second one's lines, and
// pseudo-random subsets of its 8-byte words (the unit that memory writes atomically), are put into the file.
#include <catch2/catch.hpp>

#include "logged_file.h"
#include "recovery/recover_file.h"

namespace {

using test::Change;
using test::LoggedFile;
using test::u64;

constexpr u64 kSize = 2048;

std::string varied(u64 bytes, unsigned seed) {
  std::string s(bytes, 0);
  for (u64 i = 0; i < bytes; ++i) s[i] = static_cast<char>((i + 1) * (seed | 1) >> 2);
  return s;
}

// Crashed in the second commit, before its first line; keeps copies so that any subset can be tried from
// there.
class Crashed {
 public:
  Crashed() {
    LoggedFile file(path(), varied(kSize, 3));
    file.commit({{{1, varied(192, 7)}, {20, varied(128, 9)}}, kSize});
    before = file.contents();
    const Change second = {{{2, varied(192, 11)}, {20, varied(64, 13)}, {30, varied(64, 15)}}, kSize};
    file.write_record(second);
    file.put_lines(second);
    after = file.contents();
    log_ = test::read_file(file.log_path());
  }
  std::string recover_from(const std::string &contents) {
    test::write_file(path(), contents);
    test::write_file(path() + ".snaplog", log_);
    snapshot::FileReport report{};
    test::require_ok(snapshot::recover_file(path().c_str(), &report), "recover_file");
    return test::read_file(path());
  }
  std::string before, after;

 private:
  std::string path() const { return dir_ / "data"; }
  test::TempDir dir_;
  std::string log_;
};

constexpr u64 kLines[] = {2, 3, 4, 20, 30};

}  // namespace

TEST_CASE("any subset of a commit's lines in the file recovers to a commit boundary") {
  Crashed c;
  REQUIRE(c.before != c.after);
  for (unsigned subset = 0; subset < 32; ++subset) {
    std::string contents = c.before;
    for (unsigned i = 0; i < 5; ++i)
      if ((subset >> i & 1) != 0) contents.replace(kLines[i] * 64, 64, c.after, kLines[i] * 64, 64);
    INFO("subset " << subset);
    CHECK((c.recover_from(contents) == (subset == 31 ? c.after : c.before)));
  }
}

TEST_CASE("any subset of a commit's 8-byte words in the file recovers to a commit boundary") {
  Crashed c;
  u64 random = 2024;
  for (int round = 0; round < 1500; ++round) {
    std::string contents = c.before;
    // Dense, sparse and single-word subsets.
    const unsigned keep = round % 3 == 0 ? 128 : round % 3 == 1 ? 250 : 4;
    for (u64 line : kLines)
      for (u64 word = 0; word < 8; ++word) {
        random = random * 6364136223846793005 + 1442695040888963407;
        if ((random >> 40) % 256 < keep)
          contents.replace(line * 64 + word * 8, 8, c.after, line * 64 + word * 8, 8);
      }
    INFO("round " << round);
    REQUIRE((c.recover_from(contents) == (contents == c.after ? c.after : c.before)));
  }
}

TEST_CASE("all but one word of a commit is not the commit") {
  Crashed c;
  for (u64 line : kLines)
    for (u64 word = 0; word < 8; ++word) {
      std::string contents = c.after;
      contents.replace(line * 64 + word * 8, 8, c.before, line * 64 + word * 8, 8);
      REQUIRE((c.recover_from(contents) == (contents == c.after ? c.after : c.before)));
    }
}
