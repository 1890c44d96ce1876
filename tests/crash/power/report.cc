#include "report.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace power {
namespace {

std::string counts(const std::map<std::string, std::uint64_t> &all) {
  std::string text;
  for (const auto &[name, count] : all) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  return text.empty() ? "none" : text;
}

std::string text_of(const DiskReport &d) {
  const Tally &t = d.tally;
  return fmt::format(
      "{}: {} cuts in {} series ({} before a numbered action, {} at an instant), {} more in recovery, {} "
      "more "
      "after it\n"
      "  {} commits had returned, all are there; the file was at the last one {} times, at the next {} "
      "times\n"
      "  commits that returned 0 while the cut was being made, and are not there: {}\n"
      "  file systems that had to be repaired before they could be mounted: {}\n"
      "  recovery found: {}\n"
      "  errors that the program got: {}\n"
      "  bus errors, all at pages that the program had not touched before: {}\n",
      d.kind->name, t.cuts, d.series, t.at_actions, t.at_instants, t.in_recovery, t.after_recovery, t.commits,
      t.found_last, t.found_next, t.returned_during_cut_and_lost, t.repairs, counts(t.verdicts),
      counts(t.errors), t.bus_errors_of_the_program);
}

nlohmann::ordered_json json_of(const DiskReport &d) {
  const Tally &t = d.tally;
  return {{"file_system", d.kind->name},
          {"mount_options", d.kind->mount_options},
          {"series", d.series},
          {"cuts", t.cuts},
          {"cuts_at_actions", t.at_actions},
          {"cuts_at_instants", t.at_instants},
          {"further_cuts_in_recovery", t.in_recovery},
          {"further_cuts_after_recovery", t.after_recovery},
          {"commits_returned_and_found", t.commits},
          {"at_last_commit", t.found_last},
          {"at_next_commit", t.found_next},
          {"returned_during_cut_and_lost", t.returned_during_cut_and_lost},
          {"repaired_before_mount", t.repairs},
          {"recovery_verdicts", t.verdicts},
          {"errors_after_the_cut", t.errors},
          {"bus_errors_of_the_program", t.bus_errors_of_the_program}};
}

}  // namespace

std::uint64_t RunReport::cuts() const {
  std::uint64_t sum = 0;
  for (const DiskReport &d : disks) sum += d.tally.cuts + d.tally.in_recovery + d.tally.after_recovery;
  return sum;
}

bool RunReport::passed() const {
  bool all_noticed = true;
  for (const CanaryReport &c : canaries) all_noticed = all_noticed && c.noticed;
  return failures.empty() && all_noticed;
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

std::string kernel_release() {
  utsname name;
  return uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : "unknown";
}

std::string command_for(const RunReport &report, const Failure &failure) {
  return fmt::format("crash_power --fs {} --seed {} --cuts 1 --series-of {} --no-canaries{}", failure.disk,
                     failure.seed, report.cuts_per_series,
                     report.eager_writeback ? " --eager-writeback" : "");
}

std::string as_text(const RunReport &r) {
  std::string text =
      fmt::format("Power cuts, {}, {}\n{} cuts in {:.0f} s, {:.1f} a second; seeds {} to {}, {} a series{}\n",
                  r.date, r.kernel, r.cuts(), r.seconds, static_cast<double>(r.cuts()) / r.seconds,
                  r.first_seed, r.last_seed, r.cuts_per_series,
                  r.eager_writeback ? "; dirty pages written back after 10 ms in every second series" : "");
  for (const DiskReport &d : r.disks) text += text_of(d);
  for (const CanaryReport &c : r.canaries)
    text += fmt::format("canary on {}: {}: {} after {} cuts\n", c.disk, c.name,
                        c.noticed ? "noticed" : "NOT NOTICED", c.tries);
  for (const std::string &s : r.skipped) text += "SKIPPED: " + s + "\n";
  for (const Failure &f : r.failures)
    text += fmt::format("FAILED: {}, workload {}, cut {} ({}): {}\n  again: {}\n", f.disk, f.workload, f.cut,
                        f.how, f.what, command_for(r, f));
  return text + (r.passed() ? "passed\n" : "failed\n");
}

std::string as_json(const RunReport &r) {
  nlohmann::ordered_json all = {{"test", "power cuts by file-system shutdown"},
                                {"date", r.date},
                                {"kernel", r.kernel},
                                {"first_seed", r.first_seed},
                                {"last_seed", r.last_seed},
                                {"cuts_per_series", r.cuts_per_series},
                                {"eager_writeback_in_every_second_series", r.eager_writeback},
                                {"cuts", r.cuts()},
                                {"seconds", r.seconds},
                                {"passed", r.passed()},
                                {"skipped", r.skipped}};
  for (const DiskReport &d : r.disks) all["file_systems"].push_back(json_of(d));
  for (const CanaryReport &c : r.canaries)
    all["canaries"].push_back(
        {{"name", c.name}, {"file_system", c.disk}, {"tries", c.tries}, {"noticed", c.noticed}});
  all["failures"] = nlohmann::ordered_json::array();
  for (const Failure &f : r.failures)
    all["failures"].push_back({{"seed", f.seed},
                               {"file_system", f.disk},
                               {"workload", f.workload},
                               {"cut", f.cut},
                               {"how", f.how},
                               {"what", f.what},
                               {"again", command_for(r, f)}});
  return all.dump(2) + "\n";
}

}  // namespace power
