// A line that stands in the dirty lists twice, while a signal handler stores to it after each instruction of
// the commit. Claim: a commit that has returned is what recovery finds, although the line was marked again
// after the commit had come across it first: no record has a line twice that recovery cannot judge.
#include <csignal>

#include "own_process.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"
#include "temp_dir.h"

using namespace test;

namespace {

constexpr std::size_t bytes = 64 * page;
char *busy_line;
unsigned steps;

void store_again(int) {
  ++steps;
  fill(busy_line, 8, static_cast<char>('a' + steps % 26));
}

// The trap flag: after each instruction a SIGTRAP, whose handler runs without.
void set_trap_flag(bool on) {
  if (on)
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "cc", "memory");
  else
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "cc", "memory");
}

void commit_in_steps(const std::string &path) {
  write_file(path, std::string(bytes, 'z'));
  const MappedFile file(path, bytes);
  busy_line = file.begin() + 5 * page;
  // Dirty lines elsewhere make the commit of this page alone look at the line map, which leaves the line's
  // first entry in the list.
  for (std::size_t at = 10; at < 40; ++at) fill(file.begin() + at * page, 8, 'o');
  fill(busy_line, 8, '1');
  if (msync(file.begin() + 5 * page, page, MS_SYNC) != 0) throw std::runtime_error("msync of the page");
  fill(busy_line, 8, '2');
  std::signal(SIGTRAP, store_again);
  set_trap_flag(true);
  const int result = msync(file.begin(), bytes, MS_SYNC);
  set_trap_flag(false);
  if (result != 0 || steps < 1000) throw std::runtime_error("msync in steps");
  (void)kill(getpid(), SIGKILL);
}

}  // namespace

TEST_CASE(
    "invariant 2: durable: a line that is listed twice and stored to after each instruction of its commit") {
  TempDir dir;
  const std::string path = dir / "data";
  const pid_t child = fork();
  if (child == 0) {
    commit_in_steps(path);
    _exit(1);
  }
  int status = 0;
  REQUIRE((child > 0 && waitpid(child, &status, 0) == child));
  REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
  CHECK(report.findings.verdict == snapshot::Verdict::complete);
  CHECK(read_file(path)[10 * page] == 'o');
}
