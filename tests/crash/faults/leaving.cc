// Ways in which a file is left: unmapped, at exit, renamed, removed, forked.
#include "scenarios.h"

namespace faults {
namespace {

constexpr std::uint64_t page = 4096;

void unmap(World &w, const Fault &fault) {
  committed_once(w);
  w.store(100, 'u', 100);
  w.arm(fault);
  w.unmap();
}

void unmap_part(World &w, const Fault &fault) {
  committed_once(w);
  w.store(100, 'u', 3 * page);
  w.arm(fault);
  w.unmap_from(2 * page);
  w.unmap();
}

void exit_before_commit(World &w, const Fault &fault) {
  mapped(w);
  w.store(100, 'e', 100);
  w.arm(fault);
}

void exit_with_changes(World &w, const Fault &fault) {
  committed_once(w);
  w.store(100, 'e', 100);
  w.arm(fault);
}

// By a destructor that runs after the library's own.
void commit_before_exit(World &w, const Fault &) { committed_once(w); }

void resize_before_exit(World &w, const Fault &) {
  committed_once(w);
  w.resize(22000);
  w.commit();
}

void commit_after_exit(World &w, const Fault &fault) {
  w.library_has_ended();
  w.arm(fault);
  w.store(100, 'e', 100);
  w.commit();
}

void rename_file(World &w, const Fault &fault) {
  committed_once(w);
  w.store(100, 'n', 100);
  w.arm(fault);
  w.rename_to("renamed");
  w.commit();
}

void unlink_file(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.unlink();
  w.store(100, 'n', 100);
  w.commit();
}

void fork_child(World &w, const Fault &fault) {
  committed_once(w);
  w.store(100, 'k', 100);
  w.arm(fault);
  w.fork_and_look();
  w.commit();
}

}  // namespace

const std::vector<Scenario> &leaving() {
  static const std::vector<Scenario> all = {
      {"unmap", "new", 20100, unmap},
      {"unmap-part", "new", 20100, unmap_part},
      {"exit-discard", "new", 20100, exit_with_changes, Settings::all, "discard"},
      {"exit-first", "new", 20100, exit_before_commit, Settings::all, "discard"},
      {"exit-then-commit", "new", 20100, commit_before_exit, Settings::media, "discard", commit_after_exit},
      {"exit-resized-then-commit", "new", 20100, resize_before_exit, Settings::one, "discard",
       commit_after_exit},
      {"exit-commit", "new", 20100, exit_with_changes, Settings::all, "commit"},
      {"rename", "new", 20100, rename_file, Settings::media},
      {"unlink", "new", 20100, unlink_file, Settings::media},
      {"fork", "new", 20100, fork_child, Settings::media},
  };
  return all;
}

}  // namespace faults
