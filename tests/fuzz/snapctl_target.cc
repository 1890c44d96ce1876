// Claim: snapctl's info, dump-log and recover --dry-run, as text and as JSON, with lines and without, show
// any log and data file without a crash, without changing a byte, in output that is what it claims to be:
// text without control characters, or one JSON document; errors of one line each; and exit codes that fit.
//
// snapctl opens files itself, so here they are real ones, on tmpfs.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/observer.h"
#include "base/syscall.h"
#include "commands.h"
#include "hostile_case.h"
#include "output.h"
#include "platform/hash.h"
#include "quiet.h"
#include "temp_dir.h"
#include "violation.h"

namespace {

using fuzz::require;
using snapctl::ExitCode;
using snapshot::u64;

// What is printed meanwhile to one of the streams.
class Captured {
 public:
  explicit Captured(std::FILE **stream) : stream_(stream), before_(*stream) {
    *stream_ = open_memstream(&text_, &count_);
    require(*stream_ != nullptr, "open_memstream");
  }
  ~Captured() {
    stop();
    std::free(text_);
  }
  Captured(const Captured &) = delete;
  Captured &operator=(const Captured &) = delete;

  std::string text() {
    stop();
    return {text_, count_};
  }

 private:
  void stop() {
    if (before_ == nullptr) return;
    std::fclose(*stream_);
    *stream_ = before_;
    before_ = nullptr;
  }
  std::FILE **stream_, *before_;
  char *text_ = nullptr;
  std::size_t count_ = 0;
};

// An inspection that finds the log locked waits for some milliseconds.
bool log_is_locked;
long call(long number, const long a[6]) {
  if (number == SYS_nanosleep) return 0;
  if (number == SYS_flock && log_is_locked && a[1] != LOCK_UN) return -EWOULDBLOCK;
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
const snapshot::Observer observer = {call, nullptr};

// What file systems allow, if not all that an off_t can be.
constexpr u64 real_bytes_max = u64{1} << 42;

// Two files that are filled anew for each input; their inodes stay.
class RealFiles {
 public:
  RealFiles() {
    struct stat st;
    require(data_ >= 0 && log_ >= 0 && fstat(data_, &st) == 0, "cannot make files");
    struct statx more;
    require(statx(data_, "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0, "statx");
    inode_ = st.st_ino;
    if ((more.stx_mask & STATX_BTIME) != 0)
      birth_ns_ = static_cast<u64>(more.stx_btime.tv_sec) * 1'000'000'000 + more.stx_btime.tv_nsec;
  }
  void fill(const fuzz::HostileCase &hostile) {
    // The case's identity is not to be had; so its log is given this file's, if it is the case's own.
    fuzz::HostileCase mine = hostile;
    const auto header = read_header(mine);
    const bool own = header.file_inode == mine.prefix.inode;
    mine.prefix.inode = inode_, mine.prefix.birth_ns = birth_ns_;
    if (own && checksum_holds(header)) mine.prefix.repairs |= fuzz::repair_identity;
    mine.prefix.data_bytes = std::min(mine.prefix.data_bytes, real_bytes_max);
    files_ = fuzz::Files::of(mine);
    files_.data.resize(std::min(files_.data.size(), real_bytes_max));
    copy(files_.log, log_);
    copy(files_.data, data_);
  }
  bool unchanged() const { return same(files_.log, log_) && same(files_.data, data_); }
  const std::string &data_path() const { return data_path_; }

 private:
  static fuzz::format::Header read_header(const fuzz::HostileCase &hostile) {
    fuzz::format::Header header;
    std::memcpy(&header, hostile.head.data(), sizeof header);
    return header;
  }
  static bool checksum_holds(fuzz::format::Header header) {
    const u64 stated = header.checksum;
    header.checksum = 0;
    return stated == snapshot::hash_lines(snapshot::HashKey(fuzz::format::kMagic), 0, &header, sizeof header);
  }
  static void copy(const fuzz::SparseFile &from, int fd) {
    require(ftruncate(fd, 0) == 0 && ftruncate(fd, static_cast<off_t>(from.size())) == 0, "ftruncate");
    from.each_kept_page([&](u64 offset, const unsigned char *bytes, u64 count) {
      require(pwrite(fd, bytes, count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count), "pwrite");
    });
  }
  static bool same(const fuzz::SparseFile &expected, int fd) {
    struct stat st;
    if (fstat(fd, &st) != 0 || static_cast<u64>(st.st_size) != expected.size()) return false;
    bool equal = true;
    expected.each_kept_page([&](u64 offset, const unsigned char *bytes, u64 count) {
      unsigned char now[snapshot::kPageBytes];
      equal = equal && pread(fd, now, count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count) &&
              std::memcmp(now, bytes, count) == 0;
    });
    return equal;
  }
  test::TempDir directory_;
  std::string data_path_ = directory_ / "data";
  int data_ = open(data_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  int log_ = open((data_path_ + ".snaplog").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  u64 inode_ = 0, birth_ns_ = 0;
  fuzz::Files files_;
};

void check_errors(const std::string &text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    require(end != std::string::npos, "an error is not a whole line");
    const std::string line = text.substr(at, end - at);
    require(line.rfind("snapctl: ", 0) == 0 && line.size() > 20, "an error is no error of snapctl's");
    for (const char c : line) require(static_cast<unsigned char>(c) >= 0x20, "control character in an error");
    at = end + 1;
  }
}

void check_output(const std::string &text, bool json) {
  if (json) {
    require(text.empty() || snapctl::Json::accept(text), "the output is no JSON document");
    return;
  }
  for (const char c : text)
    require(c == '\n' || static_cast<unsigned char>(c) >= 0x20, "control character in the output");
}

template <typename Command>
void try_command(bool json, Command command) {
  std::string out, err;
  ExitCode code;
  {
    Captured captured_out(&stdout), captured_err(&stderr);
    code = command();
    out = captured_out.text(), err = captured_err.text();
  }
  check_output(out, json);
  check_errors(err);
  require(code != ExitCode::usage && code != ExitCode::system, "the exit code blames user or system");
  if (code == ExitCode::refused) require(!err.empty(), "refused without a word");
  if (code == ExitCode::fine || code == ExitCode::pending) require(err.empty(), "an error and no exit code");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *bytes, std::size_t count) {
  static RealFiles files;
  snapshot::snapshot_observer = &observer;
  const fuzz::HostileCase hostile = fuzz::HostileCase::parse(bytes, count);
  log_is_locked = hostile.prefix.fail_call % 8 == 1;
  files.fill(hostile);
  const std::string &path = files.data_path();
  const bool json = hostile.prefix.fail_how % 2 == 1, lines = hostile.prefix.crash_at % 2 == 1;
  try_command(json, [&] { return snapctl::run_info({{path}, json}); });
  try_command(json, [&] { return snapctl::run_recover({{path}, true, json}); });
  try_command(json, [&] { return snapctl::run_dump_log({lines ? path : path + ".snaplog", lines, json}); });
  require(files.unchanged(), "a command that only looks has changed a file");
  return 0;
}
