// Claim: a record of which any part did not reach the medium is not whole, and the one before it still is.
// Method: the log before and after a record was written are known byte for byte; every line, and every word,
// of the difference is held back in turn.
#include <catch2/catch.hpp>

#include "log/log_reader.h"
#include "logged_file.h"

namespace {

using snapshot::AreaState;
using snapshot::LogView;
using snapshot::MediumKind;
using test::LoggedFile;
using test::u64;

class TornRecord {
 public:
  explicit TornRecord(MediumKind kind) : file_(dir_ / "data", contents(), kind) {
    for (char letter : {'b', 'c', 'd'})
      file_.commit({{test::lines_of(1, 3, letter), test::lines_of(9, 2, letter)}, 4096});
    before_ = test::read_file(file_.log_path());
    area_ = file_.next_area_offset();
    file_.write_record({{test::lines_of(1, 3, 'e'), test::lines_of(9, 2, 'e')}, 4096});
    after_ = test::read_file(file_.log_path());
  }

  // State of record 4 if [offset, offset + bytes) of the record had not been written.
  AreaState without(u64 offset, u64 bytes) {
    std::string torn = after_;
    torn.replace(area_ + offset, bytes, before_, area_ + offset, bytes);
    changed_ = torn != after_;
    return state_of_log(torn);
  }
  // State of record 4 if nothing else had been.
  AreaState with_only(u64 offset, u64 bytes) {
    std::string torn = before_;
    torn.replace(area_ + offset, bytes, after_, area_ + offset, bytes);
    changed_ = torn != after_;
    return state_of_log(torn);
  }
  bool changed() const { return changed_; }
  static constexpr u64 kBytes = 64 + 64 + 5 * 64;

 private:
  static std::string contents() {
    std::string s(4096, 0);
    for (u64 i = 0; i < s.size(); ++i) s[i] = static_cast<char>(i * 31 + 1);
    return s;
  }
  AreaState state_of_log(const std::string &bytes) {
    test::write_file(dir_ / "torn", bytes);
    const int fd = open((dir_ / "torn").c_str(), O_RDONLY);
    LogView log;
    REQUIRE(snapshot::read_log(fd, "torn", &log).ok());
    (void)close(fd);
    // Whatever became of record 4, record 3 in the other area is there.
    REQUIRE(log.record[1].state == AreaState::whole);
    REQUIRE(log.record[1].header.sequence == 3);
    // Old contents of the area may show through as record 2, which recovery tells by its number.
    if (log.record[0].state == AreaState::whole && log.record[0].header.sequence == 2)
      return AreaState::invalid;
    return log.record[0].state;
  }

  test::TempDir dir_;
  LoggedFile file_;
  std::string before_, after_;
  u64 area_;
  bool changed_ = false;
};

}  // namespace

TEST_CASE("a record without any one of its lines or words is not whole, on both media") {
  for (auto kind : {MediumKind::page_cache, MediumKind::memory}) {
    TornRecord record(kind);
    for (u64 unit : {64u, 8u})
      for (u64 at = 0; at < TornRecord::kBytes; at += unit) {
        INFO("without " << unit << " bytes at " << at);
        const AreaState state = record.without(at, unit);
        // Where the old contents were the same, nothing is missing.
        CHECK((state == AreaState::whole) == !record.changed());
      }
  }
}

TEST_CASE("a record of which only a beginning, or only an end, was written is not whole") {
  TornRecord record(MediumKind::memory);
  for (u64 bytes = 0; bytes <= TornRecord::kBytes; bytes += 8) {
    INFO(bytes << " bytes");
    const AreaState first = record.with_only(0, bytes);
    CHECK((first == AreaState::whole) == !record.changed());
    const AreaState last = record.with_only(TornRecord::kBytes - bytes, bytes);
    CHECK((last == AreaState::whole) == !record.changed());
  }
  CHECK(record.with_only(0, TornRecord::kBytes) == AreaState::whole);
}
