// Invariant 3: no lost update, where a signal handler stores after each instruction of a commit of the thread
// that it interrupts, in turn. The commit takes that very thread's list, and begins it anew.
#include <ucontext.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "support/effort.h"
#include "support/mapped_file.h"
#include "support/stores.h"

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

using namespace test;

namespace {

constexpr std::size_t page = 4096;
std::uint64_t *handlers_word;
unsigned long instructions_left;

// With the trap flag there is a SIGTRAP after each instruction; its handler runs without.
void set_trap_flag(bool on) {
  if (on)
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "cc", "memory");
  else
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "cc", "memory");
}

void store_after_the_last(int, siginfo_t *, void *context) {
  if (--instructions_left != 0) return;
  store(handlers_word, *handlers_word + 1);
  static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_EFL] &= ~0x100LL;
}

}  // namespace

TEST_CASE("invariant 3: no lost update: a signal handler stores at each instruction of a commit") {
  TempDir dir;
  MappedFile file(dir / "data", 4 * page);
  struct sigaction action = {}, before = {};
  action.sa_sigaction = store_after_the_last;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(SIGTRAP, &action, &before) == 0);
  handlers_word = file.at(2 * page);
  // With less effort, after some of them only: the time is as their number squared.
  const unsigned long step = effort_scale() < 1 ? static_cast<unsigned long>(1 / effort_scale()) : 1;
  unsigned long instructions = 0;
  for (bool inside = true; inside;) {
    store(file.at(0), instructions);
    store(file.at(page), instructions);
    instructions_left = instructions += step;
    set_trap_flag(true);
    const int result = file.commit();
    set_trap_flag(false);
    inside = instructions_left == 0;
    // What the handler stored may be in that commit, or in the next.
    REQUIRE(result == 0);
    REQUIRE(file.commit() == 0);
    INFO("at instruction " << instructions);
    const bool whole = file.on_file() == file.working();
    REQUIRE(whole);
  }
  REQUIRE(sigaction(SIGTRAP, &before, nullptr) == 0);
  CHECK(instructions > 500);
}

#endif
