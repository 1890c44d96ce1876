// What the audit says (commit/audit.h). Claim: each untracked line once, by the bytes that changed and no
// others, with what they were and are, and where a debugger finds their writer; which parts of the process
// may have done it, once in a process; and no more than 64 lines of a file.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "own_process.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr std::size_t size = 8 * page, line = 64;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

// A file whose bytes are all 'a', mapped and audited in a process of its own, and what is said of it.
class Audited {
 public:
  Audited(const std::string &path, const char *how)
      : words_(path + ".words"),
        file_((setenv("SNAPSHOT_LOG", "error", 1), setenv("SNAPSHOT_AUDIT", how, 1),
               write_file(path, std::string(size, 'a')), path),
              size) {
    const int out = open(words_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    errors_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    require(out >= 0 && errors_ >= 0 && dup2(out, STDERR_FILENO) >= 0, "no file for what is said");
    close(out);
  }
  ~Audited() { (void)dup2(errors_, STDERR_FILENO); }

  void store_untracked(std::size_t offset, const char *bytes) {
    for (; *bytes != 0; ++bytes, ++offset) *static_cast<volatile char *>(file_.begin() + offset) = *bytes;
  }
  void commit() { require(file_.commit() == 0, "the commit failed"); }

  std::string line_for(std::size_t bytes, std::size_t offset, const char *were, const char *are,
                       const char *becomes = "left out of the commit") const {
    std::ostringstream text;
    text << "snapshot: " << file_.path() << ": " << bytes << " bytes at offset " << offset
         << " were stored untracked: were" << were << ", are" << are << "; " << becomes
         << "; compile what stores them with snapcc, or call snapshot_log_range (gdb finds it: watch *(char "
            "*)0x"
         << std::hex << reinterpret_cast<std::uintptr_t>(file_.begin()) + offset << ")";
    return text.str();
  }

  // Since the last time. The second line of a process is of its parts, and left out.
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    std::ifstream all(words_);
    for (std::string one; std::getline(all, one);) lines.push_back(one);
    const std::string parts =
        "snapshot: not instrumented (snapctl check says more), and perhaps what has stored them: the program";
    require(lines.size() >= 2 && lines[1].compare(0, parts.size(), parts) == 0,
            "no word of the parts: " + read_file(words_));
    lines.erase(lines.begin() + 1);
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(read_));
    read_ += lines.size();
    return lines;
  }
  void require_said(const std::vector<std::string> &expected) {
    const std::vector<std::string> lines = said();
    for (std::size_t i = 0; i < std::max(lines.size(), expected.size()); ++i) {
      const std::string is = i < lines.size() ? lines[i] : "",
                        should = i < expected.size() ? expected[i] : "";
      require(is == should, "said: " + is + "\nexpected: " + should);
    }
  }

 private:
  const std::string words_;
  MappedFile file_;
  int errors_ = -1;
  std::size_t read_ = 0;
};

}  // namespace

TEST_CASE("the audit says of each line which bytes were stored untracked, once") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "warn");
    a.store_untracked(line - 1, "u");             // the last byte of a line
    a.store_untracked(2 * line, "0123456a89");    // from the first one on; one is as it was
    a.store_untracked(4 * line + 5, "ABCDEFGH");  // as many as are shown
    a.store_untracked(page + line - 10, "abcdefghi");
    a.commit();
    a.require_said({a.line_for(1, line - 1, " 61", " 75"),
                    a.line_for(10, 2 * line, " 61 61 61 61 61 61 61 61 ...", " 30 31 32 33 34 35 36 61 ..."),
                    a.line_for(8, 4 * line + 5, " 61 61 61 61 61 61 61 61", " 41 42 43 44 45 46 47 48"),
                    a.line_for(8, page + line - 9, " 61 61 61 61 61 61 61 61", " 62 63 64 65 66 67 68 69")});
    a.store_untracked(line - 2, "v");
    a.store_untracked(3 * line, "w");
    a.commit();
    a.require_said({a.line_for(1, 3 * line, " 61", " 77")});
  });
}

TEST_CASE("the audit says what becomes of what it found") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "fix");
    a.store_untracked(5, "uv");
    a.commit();
    a.require_said({a.line_for(2, 5, " 61 61", " 75 76", "committed all the same")});
  });
}

TEST_CASE("the audit shows 64 lines of a file, and then says that there are more") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Audited a(dir / medium, "warn");
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 64; ++i) {
      a.store_untracked(2 * i * line, "u");
      expected.push_back(a.line_for(1, 2 * i * line, " 61", " 75"));
    }
    a.commit();
    a.require_said(expected);
    for (std::size_t i = 64; i < size / line / 2; i += 4) a.store_untracked(2 * i * line, "u");
    a.commit();
    const std::vector<std::string> more = a.said();
    require(more.size() == 1, std::to_string(more.size()) + " lines of more");
    require(more[0].find(": more untracked stores, which are not shown") == more[0].size() - 44, more[0]);
  });
}
