// Invariants 1 and 2: atomic, durable. The program is killed at every named step, for every workload, on both
// media.
//
// Claim: recovery yields the state of a commit boundary, never older than the last commit that returned.
// Method: the steps are taken from the sources (SNAPSHOT_STEP), so a new one is tested without being told;
// the library that the program runs with kills it there the first, second or third time; the file is then
// recovered, by name as snapctl does it or by being opened again, with this or another medium and protocol,
// compared with a model, and worked on to the end. Nothing depends on timing.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "scene.h"
#include "support/effort.h"

using namespace crash;

namespace {

std::set<std::string> steps_in_sources() {
  std::set<std::string> steps;
  const std::regex pattern("SNAPSHOT_STEP\\(\"([^\"]+)\"\\)");
  for (const auto &entry : std::filesystem::recursive_directory_iterator(CRASH_SOURCES)) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    const std::string text = test::read_file(entry.path());
    for (std::sregex_iterator i(text.begin(), text.end(), pattern), end; i != end; ++i) steps.insert((*i)[1]);
  }
  return steps;
}

bool belongs_to_recovery(const std::string &step) { return step.starts_with("recovery-"); }

std::set<std::string> &steps_that_killed() {
  static std::set<std::string> steps;
  return steps;
}

// Who opens a file is not always of the setting that left it.
const Medium &opener(std::uint64_t turn) { return media[turn % std::size(media)]; }
std::string words(const Medium &medium) { return std::string(medium.name) + " by " + medium.protocol; }

// Works on from state k to the end, undisturbed.
void finish(const Scene &scene, const Workload &workload, States &states, std::uint64_t k) {
  const Scene::End end = scene.run("run", k + 1, workload.commits, "");
  INFO(scene.errors());
  REQUIRE(end.status == 0);
  CHECK((scene.bytes() == states.at(workload.commits)));
  CHECK_FALSE(scene.has_log());
}

// What is done after the kill is varied by turn.
void kill_at(const std::string &kill, const Workload &workload, const Medium &medium, States &states,
             unsigned turn) {
  const bool by_name = turn % 2 == 0;
  INFO("SNAPSHOT_MEDIA=" << medium.name << " SNAPSHOT_PROTOCOL=" << medium.protocol << " SNAPSHOT_TEST_KILL="
                         << kill << " crash_subject run " << workload.name << " FILE 1 " << workload.commits
                         << ", then " << (by_name ? "recover_file" : "open on " + words(opener(turn / 2))));
  const Scene scene(workload, medium);
  const Scene::End end = scene.run("run", 1, workload.commits, kill);
  INFO(scene.errors());
  if (end.status == 0) {
    CHECK((scene.bytes() == states.at(workload.commits)));
    CHECK_FALSE(scene.has_log());
    return;
  }
  REQUIRE(end.status == test::killed);
  steps_that_killed().insert(kill.substr(0, kill.find(':')));
  if (by_name)
    scene.recover();
  else
    REQUIRE(scene.open("", opener(turn / 2)) == 0);
  const std::uint64_t k = scene.check(states, end.reported);
  if (k < workload.commits && turn % 3 == 0) finish(scene, workload, states, k);
}

// Kills that make recovery put lines back, which most kills do not.
const char *const kills_in_between[] = {"commit-run-copied:1", "commit-run-copied:3"};

void kill_recovery_at(const std::string &step, const Workload &workload, const Medium &medium, States &states,
                      unsigned turn) {
  for (const char *first : kills_in_between) {
    const Scene scene(workload, medium);
    const Scene::End end = scene.run("run", 1, workload.commits, first);
    if (end.status == 0) continue;
    REQUIRE(end.status == test::killed);
    // Once, again at a later time of the same step, and again at its first: three levels deep.
    for (const char *time : {":1", ":2", ":1"}) {
      const Medium &by = opener(turn++);
      INFO(workload.name << " on " << words(medium) << ", killed at " << first << ", its recovery on "
                         << words(by) << " at " << step << time);
      const int status = scene.open(step + time, by);
      INFO(scene.errors());
      REQUIRE((status == 0 || status == test::killed));
      if (status == test::killed) steps_that_killed().insert(step);
    }
    scene.recover();
    (void)scene.check(states, end.reported);
  }
}

// Disks are slow: there, not every combination, unless there is time.
bool left_out(const Workload &workload, const Medium &medium, const std::string &time) {
  const bool disk = std::string(medium.name) == "page-cache";
  return disk && test::effort_scale() < 2 && (workload.first_size > (4 << 20) || time == ":3");
}

}  // namespace

TEST_CASE("invariant 1: atomic: killed at every step of commit, opening and closing") {
  unsigned turn = 0;
  for (std::size_t w = 0; w < workload_count; ++w) {
    States states(workloads[w]);
    for (const Medium &medium : media)
      for (const std::string &step : steps_in_sources())
        for (const char *time : {":1", ":2", ":3"})
          if (!belongs_to_recovery(step) && !left_out(workloads[w], medium, time))
            kill_at(step + time, workloads[w], medium, states, ++turn);
  }
}

TEST_CASE("invariant 1: atomic: killed at every step of recovery, and of the recovery after that") {
  unsigned turn = 0;
  for (std::size_t w = 0; w < workload_count; ++w) {
    States states(workloads[w]);
    for (const Medium &medium : media)
      for (const std::string &step : steps_in_sources())
        if (!left_out(workloads[w], medium, w % 2 == 0 ? "" : ":3") && !step.starts_with("commit-") &&
            !step.starts_with("area-"))
          kill_recovery_at(step, workloads[w], medium, states, ++turn);
  }
}

// After the two above, in the order of this file.
TEST_CASE("invariant 1: atomic: every step in the sources has killed a process") {
  CHECK(steps_in_sources().size() > 10);
  CHECK(steps_that_killed() == steps_in_sources());
}

TEST_CASE("a process counts whether the last commit of the file that it opens was complete, or was undone") {
  for (const Medium &medium : media)
    for (const bool returned : {true, false}) {
      INFO(medium.name << " by " << medium.protocol
                       << (returned ? ", returned" : ", killed while it stores"));
      const Scene scene(workloads[0], medium);
      const Scene::End end =
          returned ? scene.run("die", 1, 2, "") : scene.run("run", 1, 2, "commit-run-copied:1");
      REQUIRE(end.status == test::killed);
      SubjectProcess process(CRASH_SUBJECT, {"open", scene.path()}, settings_of(medium),
                             errors_of(scene.path()));
      std::uint64_t clean, undone;
      REQUIRE((process.next_report(&clean) && process.next_report(&undone)));
      REQUIRE(process.wait() == 0);
      // Under redo all of it is in the log by then.
      const bool complete = returned || std::string(medium.protocol) == "redo";
      CHECK(clean == complete);
      CHECK(undone == !complete);
    }
}

TEST_CASE("invariant 2: durable: killed at the very return of msync or munmap") {
  for (std::size_t w = 0; w < workload_count; ++w) {
    States states(workloads[w]);
    for (const Medium &medium : media)
      for (std::uint64_t k = 1; k <= workloads[w].commits; ++k) {
        if (left_out(workloads[w], medium, "")) continue;
        INFO(workloads[w].name << " on " << words(medium) << ", commit " << k);
        const Scene scene(workloads[w], medium);
        const Scene::End end = scene.run("die", 1, k, "");
        INFO(scene.errors());
        REQUIRE(end.status == test::killed);
        if (k % 2 == 0)
          scene.recover();
        else
          REQUIRE(scene.open("", opener(k / 2)) == 0);
        CHECK((scene.bytes() == states.at(k)));
      }
  }
}
