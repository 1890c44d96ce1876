// Recovery from appended records. Claim: whatever part of the commits since the last checkpoint has reached
// the file, recovery yields the newest one whose record is whole and follows the others, byte for byte; a log
// in which a record is missing that was durable once is refused.
#include <catch2/catch.hpp>
#include <cstring>

#include "crash_states.h"
#include "forged_record.h"
#include "recovery/recover_file.h"

namespace {

using test::Change;
using test::LoggedFile;
using test::u64;
namespace format = snapshot::format;

constexpr u64 kSize = 4096;

std::string with(std::string bytes, const Change &change) {
  bytes.resize(change.size_after, 0);
  for (const test::NewLines &run : change.runs)
    for (u64 i = 0; i < run.bytes.size(); ++i)
      if (run.line * 64 + i < change.size_after) bytes[run.line * 64 + i] = run.bytes[i];
  return bytes;
}

// Commits that are in the log, and not in the file.
struct Log {
  explicit Log(const std::string &directory)
      : file(directory + "/data", std::string(kSize, 'a'), snapshot::MediumKind::page_cache,
             test::Logs::appended),
        state(kSize, 'a') {}
  // Its place in the log.
  u64 add(const Change &change) {
    const u64 at = file.log().area[file.log().tail.area].offset + file.log().tail.used;
    file.write_record(change);
    file.finish(change);
    state = with(state, change);
    return at;
  }
  u64 add(u64 line, char letter) { return add({{test::lines_of(line, 2, letter)}, kSize}); }
  void checkpoint() {
    file.put_bytes(0, state);
    file.resize(state.size());
    file.change_area();
  }
  // A bit flips; of what was never zeros alone.
  void damage(u64 at) {
    std::string log = test::read_file(file.log_path());
    log[at] = static_cast<char>(log[at] ^ 4);
    test::write_file(file.log_path(), log);
  }
  snapshot::Status recover() {
    file.crash();
    return snapshot::recover_file(file.path().c_str(), &report);
  }
  std::string recovered() {
    test::require_ok(recover(), "recover_file");
    CHECK(report.findings.verdict == snapshot::Verdict::complete);
    CHECK_FALSE(std::filesystem::exists(file.log_path()));
    return file.contents();
  }
  bool refused() {
    file.crash();
    const std::string data = file.contents(), log = test::read_file(file.log_path());
    const bool is = recover().error == EBADMSG;
    return is && file.contents() == data && test::read_file(file.log_path()) == log;
  }
  LoggedFile file;
  std::string state;
  snapshot::FileReport report;
};

}  // namespace

TEST_CASE("appended: all records are written, the later ones over the earlier") {
  test::TempDir dir;
  Log log(dir.path());
  for (u64 n = 0; n < 40; ++n) log.add(n * 7 % 60, static_cast<char>('b' + n % 20));
  CHECK(log.recovered() == log.state);
  CHECK(log.report.findings.redo == 40);
  CHECK(log.report.findings.sequence == 40);
}

TEST_CASE("appended: whatever of them the file has already, recovery comes to the same") {
  for (unsigned subset = 0; subset < 64; ++subset) {
    test::TempDir dir;
    Log log(dir.path());
    Change changes[3];
    for (u64 n = 0; n < 3; ++n) {
      changes[n] = {{test::lines_of(n, 2, static_cast<char>('b' + n))}, kSize};
      log.add(changes[n]);
    }
    for (unsigned bit = 0; bit < 6; ++bit)
      if ((subset >> bit & 1) != 0)
        log.file.put_bytes((changes[bit / 2].runs[0].line + bit % 2) * 64,
                           changes[bit / 2].runs[0].bytes.substr(0, 64));
    REQUIRE(log.recovered() == log.state);
  }
}

TEST_CASE("appended: a torn last record leaves the one before it the newest, wherever it is torn") {
  for (const u64 torn : {0ul, 4ul, 8ul, 16ul, 24ul, 32ul, 40ul, 48ul, 56ul, 64ul, 128ul, 255ul}) {
    test::TempDir dir;
    Log log(dir.path());
    log.add(1, 'b');
    log.add(2, 'c');
    const std::string before = log.state;
    const u64 at = log.add(3, 'd');
    log.damage(at + torn);
    INFO("byte " << torn);
    CHECK(log.recovered() == before);
  }
}

TEST_CASE("appended: a damaged record is not the end of the log when a later one says that it was durable") {
  for (const u64 which : {0ul, 1ul, 2ul}) {
    test::TempDir dir;
    Log log(dir.path());
    u64 at[4];
    for (u64 n = 0; n < 4; ++n) at[n] = log.add(n, static_cast<char>('b' + n));
    log.damage(at[which] + 70);
    CHECK(log.refused());
  }
}

TEST_CASE("appended: of records that were not durable any may be missing, and what follows does not count") {
  for (const u64 which : {1ul, 2ul, 3ul}) {
    test::TempDir dir;
    Log log(dir.path());
    log.add(0, 'b');
    log.file.stay_durable_at(1);
    std::string states[4] = {"", log.state};
    u64 at[4] = {};
    for (u64 n = 1; n < 4; ++n) {
      states[n] = log.state;
      at[n] = log.add(n, static_cast<char>('b' + n));
    }
    log.damage(at[which] + 70);
    CHECK(log.recovered() == states[which]);
  }
}

TEST_CASE("appended: after a checkpoint the other area counts, once it has a whole record") {
  for (const u64 torn : {0ul, 1ul, 2ul}) {
    test::TempDir dir;
    Log log(dir.path());
    for (u64 n = 0; n < 3; ++n) log.add(n, static_cast<char>('b' + n));
    log.checkpoint();
    std::string states[3];
    u64 at[3] = {};
    for (u64 n = 0; n < 2; ++n) {
      states[n] = log.state;
      at[n] = log.add(n + 1, static_cast<char>('p' + n));
    }
    states[2] = log.state;
    if (torn < 2) log.damage(at[torn] + 60);
    INFO("record " << torn << " of the second area is torn");
    if (torn == 0)
      CHECK(log.refused());  // the second says that it was durable
    else
      CHECK(log.recovered() == states[torn]);
  }
}

TEST_CASE("appended: a torn first record after a checkpoint leaves the area before it") {
  test::TempDir dir;
  Log log(dir.path());
  log.add(0, 'b');
  log.add(1, 'c');
  log.checkpoint();
  const std::string before = log.state;
  log.damage(log.add(1, 'p') + 60);
  CHECK(log.recovered() == before);
}

TEST_CASE("appended: an area whose last records are gone, as while it is written over, is done without") {
  test::TempDir dir;
  Log log(dir.path());
  log.add(0, 'b');
  const u64 last = log.add(1, 'c');
  log.checkpoint();
  log.add(2, 'd');
  log.damage(last + 60);
  CHECK(log.recovered() == log.state);
}

TEST_CASE("appended: sizes: growth that the disk has not got, and a cut, which ends its area") {
  test::TempDir dir;
  Log log(dir.path());
  log.add({{test::lines_of(64, 2, 'b')}, kSize + 128});
  log.add({{test::lines_of(70, 1, 'c')}, kSize + 512});
  log.add({{test::lines_of(0, 1, 'd')}, kSize - 100});
  CHECK(log.recovered() == log.state);
}

TEST_CASE("appended: a record that follows a cut in its area is none") {
  test::TempDir dir;
  Log log(dir.path());
  log.add({{test::lines_of(0, 1, 'b')}, kSize - 100});
  const std::string cut = log.state;
  log.file.stay_durable_at(0);
  log.add({{test::lines_of(64, 2, 'c')}, kSize + 128});
  CHECK(log.recovered() == cut);
}

TEST_CASE("appended: a file that is shorter than any commit since the checkpoint left it is refused") {
  test::TempDir dir;
  Log log(dir.path());
  log.add({{test::lines_of(64, 2, 'b')}, kSize + 128});
  log.add({{test::lines_of(66, 2, 'b')}, kSize + 256});
  log.file.resize(kSize - 1);
  CHECK(log.refused());
}

TEST_CASE("appended: the first record must begin with the size that the file had") {
  test::TempDir dir;
  Log log(dir.path());
  log.add(0, 'b');
  format::Header header = log.file.log().header;
  header.size_at_open = kSize - 64;
  header.checksum = 0;
  header.checksum = snapshot::hash_lines(snapshot::HashKey(format::kMagic), 0, &header, sizeof header);
  REQUIRE(pwrite(log.file.log().fd, &header, sizeof header, 0) == sizeof header);
  CHECK(log.refused());
}

TEST_CASE("appended: records that fill their area to the last line are all there") {
  test::TempDir dir;
  constexpr u64 lines = 510, size = lines * 64;
  LoggedFile file(dir / "data", std::string(size, 'a'), snapshot::MediumKind::page_cache,
                  test::Logs::appended);
  for (const char letter : {'b', 'c'}) {
    const Change change = {{test::lines_of(0, lines, letter)}, size};
    file.write_record(change);
    file.finish(change);
  }
  REQUIRE(file.log().tail.used == format::kAreaBytesMin);
  file.crash();
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
  CHECK(report.findings.redo == 2);
  CHECK((file.contents() == std::string(size, 'c')));
}

TEST_CASE("appended: a first record beside one that can only have come before it is refused") {
  test::TempDir dir;
  Log log(dir.path());
  log.add(1, 'b');
  log.add(2, 'c');
  // The other area has records of the beginning, too.
  log.file.change_area();
  log.file.log().sequence = 0;
  log.file.stay_durable_at(0);
  log.add(3, 'd');
  CHECK(log.refused());
}

TEST_CASE("appended: a record beside one of another kind is refused") {
  test::TempDir dir;
  Log log(dir.path());
  log.file.set_logs(test::Logs::old_lines);
  for (const char letter : {'b', 'c'}) log.file.commit({{test::lines_of(1, 1, letter)}, kSize});
  log.file.set_logs(test::Logs::appended);
  log.add(2, 'd');
  CHECK(log.refused());
}

// Behind the last record may lie whatever was there before; looking through it all takes no longer for that.
TEST_CASE("appended: what looks like later records counts only if one is whole, or they are too many") {
  for (const u64 forged : {1u, 5u}) {
    test::TempDir dir;
    Log log(dir.path());
    const u64 at = log.add(1, 'b') + 4096, end = log.file.log().area[1].end();
    for (u64 i = 0; i < forged; ++i) {
      format::RecordHeader h{};
      h.magic = format::kAppendMagic;
      h.log_id = log.file.log().header.log_id;
      h.sequence = 9;
      h.durable = 8;
      h.size_before = h.size_after = kSize;
      h.line_count = (end - at) / 64 - 1 - i;
      test::patch_file(log.file.log_path(), at + i * 64,
                       std::string(reinterpret_cast<const char *>(&h), sizeof h));
    }
    INFO(forged << " forged");
    if (forged == 1)
      CHECK(log.recovered() == log.state);
    else
      CHECK(log.refused());
  }
}

TEST_CASE("appended: what lies behind a record follows it only if each of its numbers says so") {
  const struct {
    const char *what;
    bool follows;
    void (*change)(format::RecordHeader &header);
  } cases[] = {
      {"as it should be", true, [](format::RecordHeader &) {}},
      {"of another kind", false, [](format::RecordHeader &h) { h.magic = format::kRedoMagic; }},
      {"two further on", false, [](format::RecordHeader &h) { ++h.sequence; }},
      {"the same again", false, [](format::RecordHeader &h) { --h.sequence; }},
      {"of a file of another size", false, [](format::RecordHeader &h) { h.size_before += 64; }},
      {"of a smaller file", false, [](format::RecordHeader &h) { h.size_before -= 64; }},
  };
  for (const auto &one : cases) {
    INFO(one.what);
    test::TempDir dir;
    Log log(dir.path());
    log.add(1, 'b');
    log.add(2, 'c');
    const snapshot::Log &made = log.file.log();
    test::ForgedRecord record;
    record.runs = {format::pack_run(5, 1)};
    record.lines = std::string(64, 'f');
    record.count();
    record.header.magic = format::kAppendMagic;
    record.header.log_id = made.header.log_id;
    record.header.sequence = 3;
    record.header.size_before = record.header.size_after = kSize;
    record.header.durable = 1;
    one.change(record.header);
    test::patch_file(log.file.log_path(), made.area[made.tail.area].offset + made.tail.used, record.bytes());
    std::string expected = log.state;
    if (one.follows) expected.replace(5 * 64, 64, 64, 'f');
    CHECK(log.recovered() == expected);
    CHECK(log.report.findings.redo == (one.follows ? 3 : 2));
  }
}
