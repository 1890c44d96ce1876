// Claim: any single flipped bit of a log is either noticed (recovery refuses and changes nothing) or harmless
// (it does what it would have done without). Method: each bit of the header page and of both records in turn,
// and a sample of the rest. The commits overlap; where they do not, a flip in the newest record cannot be
// told from a torn one.
#include <catch2/catch.hpp>

#include "logged_file.h"
#include "recovery/recover_file.h"

namespace {

using test::Change;
using test::LoggedFile;
using test::u64;

constexpr u64 kSize = 1024;
constexpr u64 kRecordBytes = 64 + 64 + 3 * 64;

// A sanitizer looks at the memory accesses, and those are the same for most bits: one in so many, of each
// byte another.
#if __has_feature(address_sanitizer)
constexpr u64 kEvery = 7;
#else
constexpr u64 kEvery = 1;
#endif

class Flipper {
 public:
  // steps: how much of the third commit was done: 0 nothing, 1 its record, 2 half its lines, 3 all.
  explicit Flipper(int steps) {
    LoggedFile file(dir_ / "data", std::string(kSize, 'a'));
    for (char c : {'b', 'c'}) file.commit(change(c));
    expected_ = file.contents();
    if (steps >= 1) file.write_record(change('d'));
    if (steps >= 2) file.put_bytes(64, std::string(96, 'd'));
    if (steps >= 3) file.put_lines(change('d'));
    data_ = file.contents();
    if (steps == 3) expected_ = data_;
    for (int i = 0; i < 2; ++i) area_[i] = file.log().area[i].offset;
    log_ = test::read_file(file.log_path());
  }
  void check_bit(u64 bit) {
    std::string log = log_;
    log[bit / 8] = static_cast<char>(log[bit / 8] ^ (1 << bit % 8));
    test::write_file(dir_ / "data", data_);
    test::write_file(dir_ / "data.snaplog", log);
    snapshot::FileReport report{};
    const bool done = snapshot::recover_file((dir_ / "data").c_str(), &report).ok();
    const std::string now = test::read_file(dir_ / "data");
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    if (done) REQUIRE((now == expected_));
    if (!done) REQUIRE((now == data_));
    (done ? harmless : noticed) += 1;
  }
  u64 area(int i) const { return area_[i]; }
  u64 bytes() const { return log_.size(); }
  unsigned noticed = 0, harmless = 0;

 private:
  static Change change(char letter) { return {{test::lines_of(1, 3, letter)}, kSize}; }
  test::TempDir dir_;
  std::string data_, log_, expected_;
  u64 area_[2];
};

}  // namespace

TEST_CASE("every flipped bit of a log is noticed or harmless, wherever the crash was") {
  for (int steps = 0; steps < 4; ++steps) {
    DYNAMIC_SECTION("after step " << steps) {
      Flipper flipper(steps);
      for (u64 bit = 0; bit < 256 * 8; bit += kEvery) flipper.check_bit(bit);
      for (int area = 0; area < 2; ++area)
        for (u64 bit = 0; bit < kRecordBytes * 8; bit += kEvery)
          flipper.check_bit(flipper.area(area) * 8 + bit);
      for (u64 bit = 0; bit < flipper.bytes() * 8; bit += 7919 * kEvery) flipper.check_bit(bit);
      // The header alone has 512 bits, each of which is noticed.
      CHECK(flipper.noticed >= 512 / kEvery);
      CHECK(flipper.harmless > 0);
    }
  }
}
