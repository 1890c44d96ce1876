// What is not a log of ours, or not all of one, is refused with one line that says why and what to do.
#include <catch2/catch.hpp>

#include "forged_record.h"
#include "log/log_reader.h"
#include "logged_file.h"

namespace {

using snapshot::AreaState;
using snapshot::LogView;
using snapshot::Status;
using test::u64;

class SmallLog {
 public:
  SmallLog() {
    test::LoggedFile file(dir_ / "data", std::string(4096, 'a'));
    file.commit({{test::lines_of(1, 1, 'b')}, 4096});
    file.commit({{test::lines_of(1, 2, 'c')}, 4096});
    bytes_ = test::read_file(file.log_path());
  }
  Status read(const std::string &bytes) {
    test::write_file(dir_ / "damaged", bytes);
    const int fd = open((dir_ / "damaged").c_str(), O_RDONLY);
    const Status s = snapshot::read_log(fd, "damaged", &log);
    (void)close(fd);
    return s;
  }
  // The log with its header changed and the checksum made right again.
  template <typename Change>
  Status read_with_header(Change change) {
    std::string bytes = bytes_;
    snapshot::format::Header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    change(&h);
    h.checksum = 0;
    h.checksum = snapshot::hash_lines(snapshot::HashKey(snapshot::format::kMagic), 0, &h, sizeof h);
    bytes.replace(0, sizeof h, reinterpret_cast<const char *>(&h), sizeof h);
    return read(bytes);
  }
  const std::string &bytes() const { return bytes_; }
  LogView log;

 private:
  test::TempDir dir_;
  std::string bytes_;
};

bool says(const std::string &words) {
  const std::string text = test::last_error();
  return text.find("damaged: ") == 0 && text.find(words) != std::string::npos &&
         text.find("; ") != std::string::npos && text.find('\n') == std::string::npos;
}

}  // namespace

TEST_CASE("the log as it was written is read") {
  SmallLog log;
  REQUIRE(log.read(log.bytes()).ok());
  CHECK(log.log.record[0].state == AreaState::whole);
  CHECK(log.log.record[1].state == AreaState::whole);
  CHECK_FALSE(log.log.retired);
  CHECK(log.log.bytes == log.bytes().size());
}

TEST_CASE("a log cut short anywhere is refused") {
  SmallLog log;
  const u64 all = log.bytes().size();
  for (u64 length = 0; length < all; length += length < 4200 ? 1 : 509) {
    INFO("cut to " << length);
    REQUIRE(log.read(log.bytes().substr(0, length)).error == EBADMSG);
    REQUIRE(says("truncated"));
  }
  CHECK(log.read(log.bytes().substr(0, all - 1)).error == EBADMSG);
}

TEST_CASE("damage to any byte of the header is refused") {
  SmallLog log;
  for (u64 at = 0; at < 64; ++at) {
    std::string bytes = log.bytes();
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    INFO("byte " << at);
    CHECK(log.read(bytes).error == EBADMSG);
    CHECK((says("not a Snapshot log") || says("format version") || says("another architecture") ||
           says("header is damaged")));
  }
}

TEST_CASE("another magic, version or architecture is refused even if everything else is right, and named") {
  SmallLog log;
  CHECK(log.read_with_header([](auto *) {}).ok());
  CHECK(log.read_with_header([](auto *h) { h->magic ^= 1; }).error == EBADMSG);
  CHECK(says("this is not a Snapshot log"));
  CHECK(log.read_with_header([](auto *h) { h->version = 4; }).error == EBADMSG);
  CHECK(says("format version 4, this library reads version 3; recover it with the version that wrote it"));
  CHECK(log.read_with_header([](auto *h) { h->architecture = 0xaa640040; }).error == EBADMSG);
  CHECK(says("another architecture; recover it on that architecture"));
}

TEST_CASE("random bytes, zeros and an empty file are refused") {
  SmallLog log;
  CHECK(log.read("").error == EBADMSG);
  CHECK(says("truncated"));
  CHECK(log.read(std::string(200000, 0)).error == EBADMSG);
  CHECK(says("not a Snapshot log"));
  std::string random(200000, 0);
  u64 state = 99;
  for (char &c : random) c = static_cast<char>((state = state * 6364136223846793005 + 1) >> 56);
  CHECK(log.read(random).error == EBADMSG);
  CHECK(says("not a Snapshot log"));
}

TEST_CASE(
    "an area entry that is torn, of another log, or of the other area makes its record invalid, not "
    "readable") {
  SmallLog log;
  for (u64 at = 0; at < 64; ++at) {
    std::string bytes = log.bytes();
    bytes[128 + at] = static_cast<char>(bytes[128 + at] ^ 1);
    REQUIRE(log.read(bytes).ok());
    CHECK(log.log.record[0].state == AreaState::invalid);
    CHECK(log.log.record[1].state == AreaState::whole);
  }
  // Right in itself, but of another log.
  const snapshot::format::AreaEntry strange = snapshot::make_area_entry(12345, 0, {4096, 65536});
  std::string foreign = log.bytes();
  foreign.replace(128, 64, reinterpret_cast<const char *>(&strange), 64);
  REQUIRE(log.read(foreign).ok());
  CHECK(log.log.record[0].state == AreaState::invalid);
  std::string swapped = log.bytes();
  swapped.replace(128, 64, log.bytes(), 192, 64);
  REQUIRE(log.read(swapped).ok());
  CHECK(log.log.record[0].state == AreaState::invalid);
}

TEST_CASE("an area entry whose numbers make no sense is not followed, whatever its checksum says") {
  SmallLog log;
  u64 log_id;
  std::memcpy(&log_id, log.bytes().data() + offsetof(snapshot::format::Header, log_id), sizeof log_id);
  const snapshot::Area senseless[] = {
      {0, 65536}, {64, 65536},         {4097, 65536},      {4096, 65535},
      {4096, 0},  {~u64{4095}, 65536}, {4096, ~u64{4095}},
  };
  for (const snapshot::Area &area : senseless) {
    INFO(area.offset << " " << area.capacity);
    const snapshot::format::AreaEntry entry = snapshot::make_area_entry(log_id, 0, area);
    std::string bytes = log.bytes();
    bytes.replace(128, 64, reinterpret_cast<const char *>(&entry), 64);
    const Status s = log.read(bytes);
    CHECK((s.error == EBADMSG || log.log.record[0].state == AreaState::invalid));
  }
}

TEST_CASE("the retired mark counts only if it is whole and of this log") {
  SmallLog log;
  u64 log_id;
  std::memcpy(&log_id, log.bytes().data() + offsetof(snapshot::format::Header, log_id), sizeof log_id);
  snapshot::format::Retired mark{};
  mark.magic = snapshot::format::kRetiredMagic;
  mark.log_id = log_id;
  mark.checksum = snapshot::hash_lines(snapshot::HashKey(log_id), 0, &mark, sizeof mark);
  std::string bytes = log.bytes();
  bytes.replace(64, 64, reinterpret_cast<const char *>(&mark), 64);
  REQUIRE(log.read(bytes).ok());
  CHECK(log.log.retired);
  for (u64 bit = 0; bit < 512; ++bit) {
    std::string damaged = bytes;
    damaged[64 + bit / 8] = static_cast<char>(damaged[64 + bit / 8] ^ (1 << bit % 8));
    REQUIRE(log.read(damaged).ok());
    CHECK_FALSE(log.log.retired);
  }
}
