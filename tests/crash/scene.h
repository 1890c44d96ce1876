// One file of the crash tests, and what it must hold.
#pragma once
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "recovery/recover_file.h"
#include "support/subject_process.h"
#include "temp_dir.h"
#include "workload.h"

namespace crash {

using test::SubjectProcess;
using test::Words;

// A medium to test: the setting and a directory that lies on it.
struct Medium {
  const char *name;
  const char *protocol;
  const char *directory;
};
inline const Medium media[] = {{"memory", "redo", "/dev/shm"},
                               {"memory", "undo", "/dev/shm"},
                               {"page-cache", "redo", CRASH_DISK_DIRECTORY},
                               {"page-cache", "undo", CRASH_DISK_DIRECTORY}};

inline Words settings_of(const Medium &medium) {
  return {"SNAPSHOT_MEDIA=" + std::string(medium.name), "SNAPSHOT_PROTOCOL=" + std::string(medium.protocol),
          "SNAPSHOT_LOG=error"};
}

// States of a workload, each computed once.
class States {
 public:
  explicit States(const Workload &workload) : workload_(workload), model_(workload.first_size) {}
  const std::string &at(std::uint64_t k) {
    if (k >= kept_from_ + kept_.size()) advance_to(k);
    return kept_.at(k);
  }
  // Forgets the states before k: for tests that go on for long.
  void drop_before(std::uint64_t k) { kept_.erase(kept_.begin(), kept_.lower_bound(k)); }

 private:
  void advance_to(std::uint64_t k) {
    if (kept_.empty()) kept_.emplace(0, model_.bytes());
    while (newest_ < k) {
      workload_.change(model_, ++newest_);
      kept_.emplace(newest_, model_.bytes());
    }
  }
  const Workload &workload_;
  Model model_;
  std::uint64_t newest_ = 0;
  std::uint64_t kept_from_ = 0;
  std::map<std::uint64_t, std::string> kept_;
};

inline std::string errors_of(const std::string &path) { return path + ".errors"; }

class Scene {
 public:
  Scene(const Workload &workload, const Medium &medium)
      : workload_(workload), medium_(medium), dir_(medium.directory), path_(dir_ / "data") {
    test::write_file(path_, std::string(workload.first_size, 0));
  }

  struct End {
    int status;              // 0, or test::killed
    std::uint64_t reported;  // the last commit that is known to have returned
  };
  // mode: run or die. kill: STEP:N, or empty.
  End run(const std::string &mode, std::uint64_t first, std::uint64_t last, const std::string &kill) const {
    SubjectProcess process(CRASH_SUBJECT,
                           {mode, workload_.name, path_, std::to_string(first), std::to_string(last)},
                           environment(medium_, kill), errors_of(path_));
    End end{0, first - 1};
    for (std::uint64_t k; process.next_report(&k);) end.reported = k;
    end.status = process.wait();
    return end;
  }
  // Opens the file, which recovers it, and leaves it without closing it. By any setting: a file left by one
  // opens under the others.
  int open(const std::string &kill, const Medium &by) const {
    SubjectProcess process(CRASH_SUBJECT, {"open", path_}, environment(by, kill), errors_of(path_));
    return process.wait();
  }
  void recover() const {
    snapshot::message_level = snapshot::Level::off;
    snapshot::FileReport report;
    INFO(snapshot::last_error_text());
    REQUIRE(snapshot::recover_file(path_.c_str(), &report).ok());
  }
  bool has_log() const { return test::exists(log_path()); }
  std::string log_path() const { return path_ + ".snaplog"; }
  std::string bytes() const { return test::read_file(path_); }
  // Nothing, if the program was killed before it could have said anything.
  std::string errors() const {
    return test::exists(errors_of(path_)) ? test::read_file(errors_of(path_)) : std::string();
  }
  const std::string &path() const { return path_; }

  // The state that the file is in: that of the last commit known to have returned, or of the next one.
  std::uint64_t check(States &states, std::uint64_t reported) const {
    const std::string now = bytes();
    if (now == states.at(reported)) return reported;
    const bool next = now == states.at(reported + 1);
    INFO("neither state " << reported << " nor the next, size " << now.size() << ", first differences at "
                          << difference(now, states.at(reported)) << " and "
                          << difference(now, states.at(reported + 1)));
    REQUIRE(next);
    return reported + 1;
  }

 private:
  static std::size_t difference(const std::string &a, const std::string &b) {
    std::size_t at = 0;
    while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
    return at;
  }
  static Words environment(const Medium &medium, const std::string &kill) {
    Words all = settings_of(medium);
    if (!kill.empty()) all.push_back("SNAPSHOT_TEST_KILL=" + kill);
    return all;
  }
  const Workload &workload_;
  const Medium &medium_;
  test::TempDir dir_;
  std::string path_;
};

}  // namespace crash
