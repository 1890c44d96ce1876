#include "dax_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace guest {

std::string as_text(const SoakReport &r) {
  std::string text = fmt::format(
      "Killed machines with emulated persistent memory, {}\n"
      "host {}, guest Linux {}, {}\n"
      "{} of {} cycles in {:.0f} s, {:.1f} s a cycle; seed {}\n"
      "  killed while committing {}, in recovery {}; MAP_SYNC in {} starts; {} starts came to nothing\n"
      "  {} commits had returned, all are there; the file was at the last one {} times, at the next {} "
      "times\n"
      "  recovery found the newest commit complete {} times, incomplete and to be undone {} times\n",
      r.date, r.host_kernel, r.guest_kernel, r.emulator, r.cycles, r.wanted, r.seconds,
      r.cycles == 0 ? 0 : r.seconds / static_cast<double>(r.cycles), r.seed, r.killed_while_committing,
      r.killed_in_recovery, r.synchronous, r.unstarted, r.commits, r.found_last, r.found_next, r.complete,
      r.undone);
  for (const SoakFailure &f : r.failures)
    text += fmt::format("FAILED: cycle {} ({}): {}\n  again: scripts/dax-soak --cycles {} --seed {}\n",
                        f.cycle, f.how, f.what, f.cycle + 2, r.seed);
  return text + (r.passed() ? "passed\n" : "failed\n");
}

std::string as_json(const SoakReport &r) {
  nlohmann::ordered_json all = {{"test", "killed machines with emulated persistent memory"},
                                {"date", r.date},
                                {"host_kernel", r.host_kernel},
                                {"guest_kernel", r.guest_kernel},
                                {"emulator", r.emulator},
                                {"seed", r.seed},
                                {"cycles_wanted", r.wanted},
                                {"cycles", r.cycles},
                                {"seconds", r.seconds},
                                {"starts_with_map_sync", r.synchronous},
                                {"starts_that_came_to_nothing", r.unstarted},
                                {"killed_while_committing", r.killed_while_committing},
                                {"killed_in_recovery", r.killed_in_recovery},
                                {"commits_returned_and_found", r.commits},
                                {"at_last_commit", r.found_last},
                                {"at_next_commit", r.found_next},
                                {"recoveries_complete", r.complete},
                                {"recoveries_undone", r.undone},
                                {"passed", r.passed()}};
  all["failures"] = nlohmann::ordered_json::array();
  for (const SoakFailure &f : r.failures)
    all["failures"].push_back({{"cycle", f.cycle}, {"how", f.how}, {"what", f.what}});
  return all.dump(2) + "\n";
}

}  // namespace guest
