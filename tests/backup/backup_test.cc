// A backup of a file that a process is writing.
//
// Claim: the copy is the state of a commit, not older than the last that had returned when the backup began;
// the process neither waits nor fails; whichever of the two dies, the other goes on, and nothing is left.
// Method: the backup runs in the test, and what the process does between two pieces of the copy, or while the
// backup waits, is done from the backup's own progress calls. Nothing depends on timing, but where the
// process runs freely; there the model finds every mixture.
#include <linux/membarrier.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <functional>

#include "cli/snapctl.h"
#include "in_child.h"
#include "quiet.h"
#include "recovery/recover_file.h"
#include "small_disk.h"
#include "syscall_fault.h"
#include "writer.h"

using namespace backup;
using test::Ran;

namespace {

// Called with how many bytes are copied. false: stop.
using Hook = std::function<bool(std::uint64_t)>;
Hook hook;

struct Outcome {
  int error;
  std::string words;
  bool ok() const { return error == 0; }
};

Outcome back_up(const Writer &writer, const std::string &copy, const Hook &on_progress = {}) {
  snapshot::FileReport report;
  hook = on_progress;
  const snapshot::Status s = snapshot::back_up_file(
      writer.path().c_str(), copy.c_str(),
      [](snapshot::u64 done, snapshot::u64) { return !hook || hook(done); }, &report);
  return {s.error, s.ok() ? "" : test::last_error()};
}

Outcome back_up(const Writer &writer, const Hook &on_progress = {}) {
  (void)unlink(writer.copy().c_str());
  return back_up(writer, writer.copy(), on_progress);
}

// What is to be done once, at the first call of the hook.
Hook once(const std::function<void()> &action) {
  return [action, done = false](std::uint64_t) mutable {
    if (!done) action();
    return done = true;
  };
}

void check_copy(const Writer &writer, const std::vector<std::uint64_t> &at_least) {
  CHECK(writer.judge(test::read_file(writer.copy()), at_least) == "");
  CHECK_FALSE(test::exists(writer.journal()));
  CHECK_FALSE(test::exists(writer.copy() + ".snaplog"));
}

void check_refused(const Writer &writer, const Outcome &outcome, int error) {
  INFO(outcome.words);
  CHECK(outcome.error == error);
  CHECK(outcome.words.find("; ") != std::string::npos);
  CHECK(outcome.words.find('\n') == std::string::npos);
  CHECK_FALSE(test::exists(writer.copy()));
  CHECK_FALSE(test::exists(writer.journal()));
}

// The process goes on, and its file can be backed up.
void check_goes_on(const Writer &writer) {
  const std::uint64_t k = writer.ask('c');
  CHECK(k == writer.returned());
  REQUIRE(back_up(writer).ok());
  check_copy(writer, {k});
}

std::string name_of(const Medium &medium) { return std::string(medium.name) + " by " + medium.protocol; }

void commit(const Writer &writer, int times) {
  for (int i = 0; i < times; ++i) REQUIRE(writer.ask('c') == writer.returned());
}

// The next commit has begun to store to the file, and stays there until '.'.
void stop_commit(const Writer &writer) {
  REQUIRE(writer.ask('b') == 1);
  writer.tell('c');
  REQUIRE(writer.answer() == 1);
}

void check_recovered(const Writer &writer) {
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(writer.path().c_str(), &report).ok());
  CHECK((test::read_file(writer.copy()) == test::read_file(writer.path())));
}

}  // namespace

TEST_CASE("a copy that is made while commits go on is the state of a commit") {
  for (const Medium &medium : media)
    for (const bool resizes : {false, true}) {
      INFO(name_of(medium) << (resizes ? ", sizes change" : ""));
      const Writer writer(medium, 1, resizes);
      commit(writer, 3);
      writer.tell('f');
      for (int i = 0; i < 2; ++i) {
        const std::vector<std::uint64_t> returned = writer.all_returned();
        const Outcome outcome = back_up(writer);
        INFO(outcome.words);
        REQUIRE(outcome.ok());
        check_copy(writer, returned);
      }
      CHECK(writer.ask('s') == writer.returned());
    }
}

TEST_CASE("a copy of a file that several threads commit has a commit of each of them") {
  for (const Medium &medium : media) {
    INFO(name_of(medium));
    const Writer writer(medium, 3);
    writer.tell('f');
    for (int i = 0; i < 2; ++i) {
      const std::vector<std::uint64_t> returned = writer.all_returned();
      REQUIRE(back_up(writer).ok());
      check_copy(writer, returned);
    }
    (void)writer.ask('s');
  }
}

TEST_CASE("what is committed between two pieces is in the copy, on both sides of where it is") {
  for (const Medium &medium : media)
    for (const bool resizes : {false, true}) {
      INFO(name_of(medium) << (resizes ? ", sizes change" : ""));
      const Writer writer(medium, 1, resizes);
      commit(writer, 1);
      int pieces = 0;
      REQUIRE(back_up(writer, [&](std::uint64_t) {
                commit(writer, 2);
                return ++pieces != 0;
              }).ok());
      CHECK(pieces > 1);
      check_copy(writer, {writer.returned()});
    }
}

TEST_CASE("a commit that is among its stores when the copying ends is waited for") {
  for (const Medium &medium : media) {
    INFO(name_of(medium));
    const Writer writer(medium);
    commit(writer, 2);
    stop_commit(writer);
    // It is let go when the backup asks for the second time whether to go on with all of it copied.
    int waits = 0;
    REQUIRE(back_up(writer, [&](std::uint64_t done) {
              if (done == first_pages * page_bytes && ++waits == 2) writer.tell('.');
              return true;
            }).ok());
    CHECK(waits >= 2);
    CHECK(writer.answer() == 3);
    check_copy(writer, {3});
  }
}

TEST_CASE("the process dies during a backup: the copy is what recovery makes of the file") {
  for (const Medium &medium : media) {
    INFO(name_of(medium) << ", between commits");
    Writer writer(medium);
    commit(writer, 2);
    REQUIRE(back_up(writer, once([&] {
                      commit(writer, 1);
                      writer.kill_now();
                    }))
                .ok());
    check_copy(writer, {3});
    check_recovered(writer);
  }
}

TEST_CASE("the process dies among the stores of a commit that the backup waits for") {
  for (const Medium &medium : media) {
    INFO(name_of(medium));
    Writer writer(medium);
    commit(writer, 2);
    stop_commit(writer);
    int waits = 0;
    REQUIRE(back_up(writer, [&](std::uint64_t done) {
              if (done == first_pages * page_bytes && ++waits == 2) writer.kill_now();
              return true;
            }).ok());
    CHECK(waits >= 2);
    check_copy(writer, {2});
    check_recovered(writer);
  }
}

TEST_CASE("the process closes the file during a backup, and opens it again") {
  for (const Medium &medium : media) {
    INFO(name_of(medium));
    const Writer writer(medium);
    commit(writer, 2);
    REQUIRE(back_up(writer, once([&] {
                      commit(writer, 1);
                      (void)writer.ask('u');
                    }))
                .ok());
    check_copy(writer, {3});
    (void)writer.ask('o');
    REQUIRE(back_up(writer, once([&] {
                      (void)writer.ask('u');
                      (void)writer.ask('o');
                      commit(writer, 1);
                    }))
                .ok());
    check_copy(writer, {4});
    check_goes_on(writer);
  }
}

TEST_CASE("the backup dies: the process goes on, takes its journal away, and the next backup works") {
  bool at_once = false;
  for (const Medium &medium : media) {
    at_once = !at_once;
    INFO(name_of(medium) << (at_once ? ", backed up again at once" : ", after a commit"));
    const Writer writer(medium);
    commit(writer, 2);
    const int died = test::in_child([&] {
      (void)back_up(writer, once([&] {
                      (void)writer.ask('c');
                      (void)raise(SIGKILL);
                    }));
      return 0;
    });
    REQUIRE(died == 128 + SIGKILL);
    CHECK(writer.returned() == 3);
    CHECK_FALSE(test::exists(writer.copy()));
    REQUIRE(test::exists(writer.journal()));
    if (at_once) {
      REQUIRE(back_up(writer).ok());
      check_copy(writer, {3});
    } else {
      commit(writer, 1);
      CHECK_FALSE(test::exists(writer.journal()));
    }
    check_goes_on(writer);
  }
}

TEST_CASE("a backup that is stopped leaves nothing") {
  const Writer writer(media[0]);
  commit(writer, 2);
  const Outcome outcome = back_up(writer, [&](std::uint64_t) {
    (void)writer.ask('c');
    return false;
  });
  check_refused(writer, outcome, EINTR);
  check_goes_on(writer);
}

TEST_CASE("a backup that is stopped while it waits for a commit leaves nothing") {
  const Writer writer(media[0]);
  commit(writer, 2);
  stop_commit(writer);
  int waits = 0;
  const Outcome outcome =
      back_up(writer, [&](std::uint64_t done) { return done != first_pages * page_bytes || ++waits < 2; });
  CHECK(waits == 2);
  CHECK(outcome.error == EINTR);
  CHECK_FALSE(test::exists(writer.copy()));
  CHECK_FALSE(test::exists(writer.journal()));
  writer.tell('.');
  CHECK(writer.answer() == 3);
  check_goes_on(writer);
}

TEST_CASE("a backup that is stopped while its process dies is not made of what that has left") {
  Writer writer(media[0]);
  commit(writer, 2);
  int calls = 0;
  const Outcome outcome = back_up(writer, [&](std::uint64_t) {
    writer.kill_now();
    return ++calls > 1;
  });
  check_refused(writer, outcome, EINTR);
}

TEST_CASE("a file that has taken the name of one in use is not backed up by that one's log") {
  const Writer writer(media[0]);
  commit(writer, 2);
  const std::string kept = writer.path() + ".kept";
  REQUIRE(rename(writer.path().c_str(), kept.c_str()) == 0);
  test::write_file(writer.path(), "another");
  const Outcome outcome = back_up(writer);
  check_refused(writer, outcome, EAGAIN);
  CHECK(outcome.words.find("is writing another file that had this name") != std::string::npos);
  REQUIRE(rename(kept.c_str(), writer.path().c_str()) == 0);
  check_goes_on(writer);
}

TEST_CASE("snapctl that is interrupted leaves nothing") {
  const Writer writer(media[0]);
  commit(writer, 2);
  stop_commit(writer);  // so that it waits until it is interrupted
  const pid_t tool = fork();
  if (tool == 0) {
    if (freopen("/dev/null", "w", stderr) == nullptr) _exit(99);
    execl(SNAPCTL, "snapctl", "backup", writer.path().c_str(), writer.copy().c_str(), nullptr);
    _exit(98);
  }
  int status = 0;
  while (!test::exists(writer.journal()) && waitpid(tool, &status, WNOHANG) == 0) usleep(100);
  (void)kill(tool, SIGINT);
  REQUIRE(waitpid(tool, &status, 0) == tool);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGINT));
  CHECK_FALSE(test::exists(writer.copy()));
  CHECK_FALSE(test::exists(writer.journal()));
  writer.tell('.');
  CHECK(writer.answer() == 3);
  check_goes_on(writer);
}

TEST_CASE("a journal that cannot be written ends the backup, and no commit") {
  for (const Medium &medium : media) {
    INFO(name_of(medium));
    const Writer writer(medium);
    commit(writer, 2);
    const Outcome outcome = back_up(writer, once([&] {
                                      (void)writer.ask('j');
                                      commit(writer, 2);
                                    }));
    check_refused(writer, outcome, ENOSPC);
    check_goes_on(writer);
  }
}

TEST_CASE("a copy that has no room leaves no part of it") {
  const test::SmallDisk disk("tmpfs", "size=1m");
  if (!disk.mounted()) return test::say_skipped("a copy that has no room", "cannot mount");
  const Writer writer(media[0]);
  commit(writer, 40);
  const Outcome outcome = back_up(writer, disk / "copy");
  check_refused(writer, outcome, ENOSPC);
  CHECK_FALSE(test::exists(disk / "copy"));
  check_goes_on(writer);
}

TEST_CASE("where the kernel has no fence for all processors, a file in use is not backed up") {
  const Writer writer(media[0]);
  commit(writer, 2);
  const int status = test::in_child([&] {
    if (!test::inject(SYS_membarrier, 0, MEMBARRIER_CMD_GLOBAL, MEMBARRIER_CMD_GLOBAL + 1,
                      test::fails_with(ENOSYS)))
      return 77;
    const Outcome outcome = back_up(writer);
    return outcome.error == ENOSYS && outcome.words.find("membarrier") != std::string::npos ? 0 : 1;
  });
  if (status == 77) return test::say_skipped("a kernel without the fence", "no seccomp filters here");
  CHECK(status == 0);
  CHECK_FALSE(test::exists(writer.copy()));
  CHECK_FALSE(test::exists(writer.journal()));
  check_goes_on(writer);
}

TEST_CASE("a second backup at once is refused, and so is one by somebody else") {
  const Writer writer(media[0]);
  commit(writer, 1);
  REQUIRE(chmod(writer.path().c_str(), 0644) == 0);
  REQUIRE(chmod((writer.path() + ".snaplog").c_str(), 0644) == 0);
  REQUIRE(chmod(writer.path().substr(0, writer.path().rfind('/')).c_str(), 0777) == 0);
  Ran second;
  REQUIRE(back_up(writer, once([&] {
                    second = test::snapctl({"backup", writer.path(), writer.path() + ".second"});
                    commit(writer, 1);
                  }))
              .ok());
  INFO(second.err);
  CHECK(second.code == 3);
  CHECK(second.errors(1));
  CHECK_FALSE(test::exists(writer.path() + ".second"));
  check_copy(writer, {2});
  if (geteuid() != 0) return test::say_skipped("somebody else's backup", "not root");
  const Ran nobody = test::snapctl_as_nobody({"backup", writer.path(), writer.path() + ".third"});
  INFO(nobody.err);
  CHECK(nobody.code == 4);
  CHECK(nobody.errors(1));
  CHECK_FALSE(test::exists(writer.path() + ".third"));
  check_goes_on(writer);
}

TEST_CASE("a commit that is durable and not yet in the file: the backup says so, until it is") {
  // The append protocol keeps such a commit for the next one.
  const Writer writer(media[2]);
  commit(writer, 2);
  (void)writer.ask('p');
  commit(writer, 1);
  check_refused(writer, back_up(writer), EIO);
  check_goes_on(writer);
  (void)writer.ask('p');
  check_refused(writer, back_up(writer, once([&] { commit(writer, 1); })), EIO);
  check_goes_on(writer);
  (void)writer.ask('p');
  REQUIRE(back_up(writer, once([&] { commit(writer, 2); })).ok());
  check_copy(writer, {writer.returned()});
}

TEST_CASE("a commit that fails among its stores and is taken back is not in the copy") {
  // Undo on a disk, where the sync of the data can fail.
  const Writer writer(media[3]);
  commit(writer, 2);
  REQUIRE(back_up(writer, once([&] {
                    (void)writer.ask('m');
                    CHECK(writer.ask('c') == ~std::uint64_t{0});
                  }))
              .ok());
  check_copy(writer, {2});
  CHECK(word_at(test::read_file(writer.copy()), 0) == 2);
  check_goes_on(writer);
}

TEST_CASE(
    "a commit that makes the file longer, fails among its stores and is taken back is not in the copy") {
  const Writer writer(media[3], 1, true);
  std::uint64_t k = 1;
  while (size_after(k + 1) <= size_after(k)) ++k;
  commit(writer, static_cast<int>(k));
  REQUIRE(back_up(writer, once([&] {
                    (void)writer.ask('m');
                    CHECK(writer.ask('c') == ~std::uint64_t{0});
                  }))
              .ok());
  check_copy(writer, {k});
  CHECK(test::read_file(writer.copy()).size() == size_after(k));
  check_goes_on(writer);
}
