// Invariant 3: no lost update, instruction by instruction. One thread is stopped after each instruction of a
// store, or of a commit, in turn (support/stepped_thread.h); there, another thread commits, or stores, or a
// signal handler runs. What real concurrency meets once in a million times is met here each time.
//
// Single-stepping drains the CPU's store buffer at every instruction; what depends on that is in
// invariant_3_threads_test.cc, and in the case of the thread fence below.
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "support/effort.h"
#include "support/mapped_file.h"
#include "support/stepped_thread.h"
#include "support/stores.h"

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

using namespace test;

namespace {

// One line for each round, far enough apart that no two rounds share a line or a word of the line map, also
// with what handlers store beside it.
std::uint64_t *line_of_round(const MappedFile &file, std::uint64_t round) { return file.at(round * 2048); }
constexpr std::uint64_t rounds_max = 1000;
constexpr std::size_t file_bytes = rounds_max * 2048;

enum class Kind { plain, wide, wide_again, release, fetch_add };

// The store that is stepped. It leaves `value` in word 0 of the line.
void stepped_store(Kind kind, std::uint64_t *line, std::uint64_t value) {
  switch (kind) {
    case Kind::plain:
      return store(line, value);
    case Kind::wide:
    case Kind::wide_again: {
      // Three lines, marked as one run, as after a loop.
      for (int i = 0; i < 3; ++i) plain_store(line + 8 * i, value);
      return __snapshot_mark(line, 17 * sizeof *line);
    }
    case Kind::release:
      return store_release(line, value);
    case Kind::fetch_add:
      (void)fetch_add(line, value);
  }
}

constexpr std::uint64_t quit = ~std::uint64_t{0};

// In the child. For each round: a mark, the store, a mark.
int store_in_rounds(Kind kind, const std::string &path, const Helpline &helpline) {
  MappedFile file(path, file_bytes);
  const bool atomic = kind == Kind::release || kind == Kind::fetch_add;
  // The other thread, at the instruction where this one stands: commits just that line and looks into the
  // file. If the stepped store is an atomic, what could be seen of it before the commit must be there;
  // otherwise, what this thread has itself stored to the line before.
  std::thread other([&] {
    for (std::uint64_t round; (round = helpline.next_request()) != quit;) {
      std::uint64_t *line = line_of_round(file, round);
      const std::uint64_t seen = __atomic_load_n(line, __ATOMIC_ACQUIRE);
      if (!atomic) store(line + 7, round + 1);
      // Of several lines all: after a commit of a part, their entry stays for the rest.
      const bool committed = kind == Kind::wide_again ? file.commit() == 0 : snapshot_commit(line, 64) == 0;
      const bool there = atomic ? backing_word(line) >= seen : backing_word(line + 7) == round + 1;
      helpline.reply(!committed ? 'c' : there ? 'y' : 'n');
    }
  });
  store(line_of_round(file, rounds_max - 1),
        std::uint64_t{1});  // this thread's first, which creates its lists
  for (std::uint64_t round = 0; round < rounds_max - 1; ++round) {
    if (kind == Kind::wide_again) stepped_store(kind, line_of_round(file, round), 0);
    mark_for_tracer();
    stepped_store(kind, line_of_round(file, round), round + 1);
    mark_for_tracer();
    // A mark that the other thread's commit has cleared, and that was set again but not listed, would hide
    // this store from the next commit.
    if (kind == Kind::wide_again) store(line_of_round(file, round) + 16, round + 2);
    if (file.commit() != 0 || file.on_file() != file.working()) return 2;
  }
  return 0;
}

void commit_at_each_instruction(Kind kind) {
  TempDir dir;
  Helpline helpline;
  SteppedThread thread([&] { return store_in_rounds(kind, dir / "data", helpline); });
  std::uint64_t round = 0;
  bool inside = true;
  for (; inside; ++round) {
    REQUIRE(thread.run_to_mark());
    for (std::uint64_t i = 0; i < round && inside; ++i) inside = thread.step();
    if (!inside) break;
    INFO("after instruction " << round << ", at " << std::hex << thread.instruction_pointer());
    REQUIRE(helpline.ask(round) == 'y');
    REQUIRE(thread.run_to_mark());
  }
  INFO("exit status " << thread.status() << ", instructions " << round);
  CHECK(round > 10);
  CHECK(thread.status() == 0);
}

}  // namespace

TEST_CASE(
    "invariant 3: no lost update: marked but not yet listed, another thread commits at each instruction") {
  commit_at_each_instruction(Kind::plain);
}

TEST_CASE(
    "invariant 3: no lost update: a store of several lines, another thread commits at each instruction") {
  commit_at_each_instruction(Kind::wide);
}

TEST_CASE(
    "invariant 3: no lost update: a store of several dirty lines, another thread commits at each "
    "instruction") {
  commit_at_each_instruction(Kind::wide_again);
}

TEST_CASE(
    "invariant 3: no lost update: an atomic store that publishes itself, committed at each instruction") {
  commit_at_each_instruction(Kind::release);
}

TEST_CASE(
    "invariant 3: no lost update: an atomic addition that publishes itself, committed at each instruction") {
  commit_at_each_instruction(Kind::fetch_add);
}

namespace {

// A word that a child sets and its parent reads.
class SharedWord {
 public:
  SharedWord() {
    void *place = mmap(nullptr, sizeof *word_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) throw std::runtime_error("mmap of a shared word");
    word_ = static_cast<std::uint64_t *>(place);
  }
  ~SharedWord() { munmap(word_, sizeof *word_); }
  SharedWord(const SharedWord &) = delete;
  SharedWord &operator=(const SharedWord &) = delete;
  void set(std::uint64_t value) const { __atomic_store_n(word_, value, __ATOMIC_RELEASE); }
  std::uint64_t get() const { return __atomic_load_n(word_, __ATOMIC_ACQUIRE); }

 private:
  std::uint64_t *word_;
};
constexpr std::uint64_t lost = ~std::uint64_t{0};

}  // namespace

TEST_CASE("invariant 3: no lost update: a mark is listed while another thread's commit looks for it") {
  // Thread A stands between setting a mark and listing it. B stores to that line, finds the mark and commits;
  // at each stage of that commit A goes on, lists the line and is done. Both are traced, so the child must
  // not end by itself: each would wait for the other to be seen. It says through shared memory how a round
  // went.
  TempDir dir;
  Helpline helpline;
  const SharedWord verdict;
  SteppedThread b([&]() -> int {
    MappedFile file(dir / "data", file_bytes);
    std::thread a([&] {
      store(line_of_round(file, rounds_max - 1), std::uint64_t{1});
      for (;;) {
        const std::uint64_t round = helpline.next_request();
        mark_for_tracer();
        store(line_of_round(file, round), round + 1);
        mark_for_tracer();
        helpline.reply('y');
      }
    });
    mark_for_tracer();
    for (std::uint64_t round = 0; round < rounds_max - 1; ++round) {
      std::uint64_t *line = line_of_round(file, round);
      mark_for_tracer();
      store(line + 7, round + 1);
      const int result = snapshot_commit(line, 64);
      mark_for_tracer();
      const bool there = result == 0 && backing_word(line + 7) == round + 1;
      const bool equal = file.commit() == 0 && file.on_file() == file.working();
      verdict.set(there && equal ? round + 1 : lost);
    }
    a.join();
    return 0;
  });
  REQUIRE(b.run_to_mark());
  SteppedThread a(SteppedThread::Attach{b.pid(), b.other_thread()});
  constexpr std::uint64_t stride = 7, steps_max = 900;
  REQUIRE(b.run_to_mark());
  for (std::uint64_t round = 0; round * stride < steps_max; ++round) {
    INFO("round " << round);
    helpline.send(round);
    REQUIRE(a.run_to_mark());
    const std::uint64_t mark = snapshot::kLineMapBase + (snapshot::kWindowSkew + round * 2048) / 64;
    while (a.byte_at(mark) == 0) REQUIRE(a.step());
    for (std::uint64_t i = 0; i < round * stride; ++i)
      if (!b.step()) FAIL("the commit is shorter than " << steps_max << " instructions");
    REQUIRE(a.run_to_mark());
    a.let_go_on();
    REQUIRE(helpline.receive() == 'y');
    REQUIRE(b.run_to_mark());
    // The mark of the next round: the verdict on this one is there.
    REQUIRE(b.run_to_mark());
    REQUIRE(verdict.get() == round + 1);
  }
}

namespace {

// In the child: main commits a file with many dirty lines; at each of its instructions that the tracer
// chooses, the other thread stores: once into a line of this commit that is not stored to again, once into a
// clean one, and now and then as a thread that is created for it and exits.
constexpr std::uint64_t dirty_lines = 64, clean_lines_from = 100;

int commit_under_steps(const std::string &path, const Helpline &helpline) {
  MappedFile file(path, 1 << 16);
  std::uint64_t next = 0;
  auto store_next = [&] {
    store(file.word(next % dirty_lines * 8 + 1), next + 1);
    store(file.word((clean_lines_from + next) % 1024 * 8), next + 1);
    ++next;
  };
  std::thread other([&] {
    while (helpline.next_request() != quit) {
      if (next % 16 == 15)
        std::thread(store_next).join();
      else
        store_next();
      helpline.reply('y');
    }
  });
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (std::uint64_t l = 0; l < dirty_lines; ++l) store(file.word(l * 8), round);
    const std::string before = file.working();
    mark_for_tracer();
    const int result = file.commit();
    mark_for_tracer();
    if (result != 0) return 3;
    const std::string after = file.on_file();
    for (std::uint64_t l = 0; l < dirty_lines; ++l)
      if (memcmp(&after[l * 64], &before[l * 64], 8) != 0) return 4;
    if (file.commit() != 0) return 5;
    if (file.on_file() != file.working()) return 6;
  }
  _exit(0);  // the other thread still waits for requests
}

}  // namespace

TEST_CASE("invariant 3: no lost update: another thread stores at each stage of a commit") {
  TempDir dir;
  Helpline helpline;
  SteppedThread thread([&] { return commit_under_steps(dir / "data", helpline); });
  // Spread over the whole commit; no line twice in it.
  for (const std::uint64_t stride : {331u, 347u, 359u}) {
    REQUIRE(thread.run_to_mark());
    std::uint64_t stores = 0;
    for (std::uint64_t i = 1; thread.step(); ++i)
      if (i % stride == 0 && stores < dirty_lines) {
        REQUIRE(helpline.ask(i) == 'y');
        ++stores;
      }
    INFO("instructions " << thread.steps() << ", stores " << stores);
    CHECK(stores > 10);
  }
  CHECK(thread.finish() == 0);
}

TEST_CASE("two threads that commit different files never wait for each other") {
  // One stands still at each stage of a commit; the other one's commit ends all the same, or ask() throws.
  TempDir dir;
  Helpline helpline;
  SteppedThread thread([&] {
    MappedFile a(dir / "a", 1 << 16), b(dir / "b", 1 << 16);
    std::thread other([&] {
      for (std::uint64_t request; (request = helpline.next_request()) != quit;) {
        store(b.word(request % 1024), request);
        helpline.reply(b.commit() == 0 && backing_word(b.word(request % 1024)) == request ? 'y' : 'n');
      }
    });
    int result = 0;
    for (const std::uint64_t lines : {1u, 64u}) {
      for (std::uint64_t l = 0; l < lines; ++l) store(a.word(l * 8), lines);
      mark_for_tracer();
      result |= a.commit();
      mark_for_tracer();
    }
    other.join();
    return result == 0 && a.on_file() == a.working() && b.on_file() == b.working() ? 0 : 1;
  });
  for (const std::uint64_t stride : {13u, 97u}) {
    REQUIRE(thread.run_to_mark());
    std::uint64_t commits = 0;
    for (std::uint64_t i = 1; thread.step(); ++i)
      if (i % stride == 0) {
        INFO("at instruction " << i << ", " << std::hex << thread.instruction_pointer());
        REQUIRE(helpline.ask(i) == 'y');
        ++commits;
      }
    CHECK(commits > 10);
  }
  helpline.send(quit);
  CHECK(thread.finish() == 0);
}

TEST_CASE(
    "invariant 3: no lost update: the thread fence comes after the marks are cleared and before the copy") {
  // At its system call, the marks must be clear: a thread whose test of the mark comes later marks again. And
  // what drains from a store buffer during the call must be in the copy: a store without a mark stands for
  // it.
  TempDir dir;
  Helpline helpline;
  SteppedThread thread([&] {
    MappedFile file(dir / "data", 1 << 16);
    std::thread other([&] {
      const std::uint64_t at = helpline.next_request();
      plain_store(file.word(at), std::uint64_t{4711});
      helpline.reply('y');
    });
    store(file.word(8), std::uint64_t{1});
    mark_for_tracer();
    const int result = file.commit();
    mark_for_tracer();
    other.join();
    return result == 0 && backing_word(file.word(9)) == 4711 &&
                   snapshot_rollback(file.begin(), file.size()) == 0
               ? 0
               : 1;
  });
  REQUIRE(thread.run_to_mark());
  REQUIRE(thread.run_to_system_call(SYS_membarrier));
  // The first window starts at the base of the working range.
  CHECK(thread.byte_at(SNAPSHOT_LINE_MAP_BASE + 1) == 0);
  REQUIRE(helpline.ask(9) == 'y');
  CHECK(thread.finish() == 0);
}

namespace {

MappedFile *handlers_file;
std::uint64_t handlers_round;
int handlers_depth;  // how deep the handler interrupts itself
int handlers_now;
int handlers_errors;

// Stores to the line that the interrupted thread is marking, and to one of its own, in both ways; and so do
// the handlers that interrupt it.
void storing_handler(int) {
  const int level = handlers_now++;
  std::uint64_t *line = line_of_round(*handlers_file, handlers_round);
  store(line + 1 + level % 4, handlers_round + 1);
  store(line + 16 + 8 * level, handlers_round + 1);
  store_release(line + 17 + 8 * level, handlers_round + 1);
  // Between announcement and mark, so that each handler needs a level more.
  __snapshot_announce(line + 96 + 8 * level, 8);
  if (handlers_now < handlers_depth) raise(SIGUSR1);
  plain_store(line + 96 + 8 * level, handlers_round + 1);
  __snapshot_mark_announced(line + 96 + 8 * level, 8);
}

void committing_handler(int) {
  std::uint64_t *line = line_of_round(*handlers_file, handlers_round);
  store(line + 16, handlers_round + 1);
  const int result = handlers_file->commit();
  if (result != 0 && errno != EDEADLK) ++handlers_errors;
  if (result == 0 && backing_word(line + 16) != handlers_round + 1) ++handlers_errors;
  if (result != 0) ++handlers_depth;
  store(line + 17, handlers_round + 1);
}

void install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_NODEFER;
  sigaction(SIGUSR1, &action, nullptr);
}

int interrupted_stores(Kind kind, int depth, const std::string &path) {
  MappedFile file(path, file_bytes);
  handlers_file = &file;
  install(storing_handler);
  store(line_of_round(file, rounds_max - 1), std::uint64_t{1});
  for (handlers_round = 0; handlers_round < rounds_max - 1; ++handlers_round) {
    handlers_depth = depth;
    handlers_now = 0;
    mark_for_tracer();
    stepped_store(kind, line_of_round(file, handlers_round), handlers_round + 1);
    mark_for_tracer();
    if (file.commit() != 0 || file.on_file() != file.working()) return 2;
  }
  return 0;
}

void interrupt_at_each_instruction(Kind kind, int depth) {
  TempDir dir;
  SteppedThread thread([&] { return interrupted_stores(kind, depth, dir / "data"); });
  std::uint64_t round = 0;
  for (;; ++round) {
    REQUIRE(thread.run_to_mark());
    bool inside = true;
    for (std::uint64_t i = 0; i < round && inside; ++i) inside = thread.step();
    if (!inside) break;
    INFO("at instruction " << round << ", " << std::hex << thread.instruction_pointer());
    thread.step(SIGUSR1);
    REQUIRE(thread.run_to_mark());
  }
  INFO("exit status " << thread.status() << ", instructions " << round);
  CHECK(round > 10);
  CHECK(thread.status() == 0);
}

}  // namespace

TEST_CASE("invariant 3: no lost update: a signal handler stores at each instruction of a store") {
  interrupt_at_each_instruction(Kind::plain, 1);
  interrupt_at_each_instruction(Kind::release, 1);
}

TEST_CASE("invariant 3: no lost update: handlers nest deeper than there are levels") {
  interrupt_at_each_instruction(Kind::plain, 9);
  interrupt_at_each_instruction(Kind::fetch_add, 9);
}

TEST_CASE("a handler that commits during a commit gets EDEADLK and loses nothing, wherever it interrupts") {
  TempDir dir;
  SteppedThread thread([&] {
    MappedFile file(dir / "data", file_bytes);
    handlers_file = &file;
    install(committing_handler);
    for (handlers_round = 0; handlers_round < rounds_max - 1; ++handlers_round) {
      for (int i = 0; i < 4; ++i) store(line_of_round(file, handlers_round) + 8 * i, handlers_round + 1);
      mark_for_tracer();
      const int result = file.commit();
      mark_for_tracer();
      if (result != 0 || handlers_errors != 0) return 2;
      if (file.commit() != 0 || file.on_file() != file.working()) return 3;
      if (__atomic_load_n(&handlers_depth, __ATOMIC_RELAXED) == 0 && handlers_round == 50) return 4;
    }
    return 0;
  });
  constexpr std::uint64_t stride = 23;
  std::uint64_t at = 0;
  for (;; at += stride) {
    REQUIRE(thread.run_to_mark());
    bool inside = true;
    for (std::uint64_t i = 0; i < at && inside; ++i) inside = thread.step();
    if (!inside) break;
    INFO("at instruction " << at << ", " << std::hex << thread.instruction_pointer());
    thread.step(SIGUSR1);
    REQUIRE(thread.run_to_mark());
  }
  INFO("exit status " << thread.status() << ", instructions " << at);
  CHECK(at > 10 * stride);
  CHECK(thread.status() == 0);
}

#endif
