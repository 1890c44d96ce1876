#include "report.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>

#include "temp_dir.h"

namespace soak {
namespace {

using Json = nlohmann::ordered_json;

std::string now_as_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[40];
  gmtime_r(&now, &parts);
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string machine() { return fmt::format("{} x {}", std::thread::hardware_concurrency(), processor()); }

std::string kernel() {
  utsname name{};
  (void)uname(&name);
  return fmt::format("{} {}", name.sysname, name.release);
}

Json by_kind(const Tally &tally) {
  Json kinds = Json::array();
  for (u32 t = 0; t < 2; ++t)
    for (u32 p = 0; p < 3; ++p)
      for (u32 c = 0; c < 2; ++c)
        kinds.push_back({{"tracking", tracking_names[t]},
                         {"medium", place_names[p]},
                         {"copy", copy_names[c]},
                         {"kills", tally.by_kind[t][p][c].load()}});
  return kinds;
}

Json to_json(const Options &options, const Tally &tally, const Result &result) {
  const u64 programs = tally.next_program.load();
  Json programs_killed, moments;
  for (u32 s = 0; s < shapes; ++s) programs_killed[shape_names[s]] = tally.by_shape[s].load();
  for (u32 a = 1; a < aims; ++a) moments[aim_names[a]] = tally.by_aim[a].load();
  moments["during recovery by a tool"] = tally.in_recovery.load();
  return {{"date", now_as_text()},
          {"machine", machine()},
          {"kernel", kernel()},
          {"first_seed", options.seed},
          {"last_seed", options.repeat || programs == 0 ? options.seed : options.seed + programs - 1},
          {"programs", programs},
          {"kills", tally.kills.load()},
          {"kills_asked_for", options.kills},
          {"interrupted", result.interrupted},
          {"seconds", result.seconds},
          {"kills_by_kind", by_kind(tally)},
          {"kills_by_shape", programs_killed},
          {"kills_by_moment", moments},
          {"kills_followed_by_another_start", tally.not_looked_at.load()},
          {"checks", tally.checks.load()},
          {"checked_after_a_kill_during_a_commit",
           {{"all", tally.hit_commit.load()},
            {"this_commit", tally.hit_and_kept.load()},
            {"the_commit_before", tally.hit_and_undone.load()}}},
          {"recoveries",
           {{"rolled_back", tally.recovered_undo.load()}, {"found_complete", tally.recovered_whole.load()}}},
          {"canary", {{"kills", tally.canary_kills.load()}, {"mixtures", tally.canary_mixtures.load()}}},
          {"failures", result.failures}};
}

template <typename... Rest>
void line(std::string &text, fmt::format_string<Rest...> format, Rest &&...rest) {
  text += fmt::format(format, std::forward<Rest>(rest)...) + "\n";
}

std::string to_text(const Json &r) {
  auto count = [](const Json &j) { return j.get<u64>(); };
  std::string text;
  line(text, "Crash soak of {}{}", r["date"].get<std::string>(), r["interrupted"] ? ", interrupted" : "");
  line(text, "{}, {}", r["machine"].get<std::string>(), r["kernel"].get<std::string>());
  const double seconds = r["seconds"].get<double>();
  line(text,
       "{} kills of {} programs (seeds {} to {}) in {:.1f} s: {:.0f} kills a "
       "second",
       count(r["kills"]), count(r["programs"]), count(r["first_seed"]), count(r["last_seed"]), seconds,
       static_cast<double>(count(r["kills"])) / seconds);
  for (const Json &k : r["kills_by_kind"])
    line(text, "  {:>8}  {}, {}, {} copy", count(k["kills"]), k["tracking"].get<std::string>(),
         k["medium"].get<std::string>(), k["copy"].get<std::string>());
  for (const char *what : {"kills_by_shape", "kills_by_moment"}) {
    line(text, "{}", what == std::string("kills_by_shape") ? "By program:" : "By moment:");
    for (const auto &[name, kills] : r[what].items()) line(text, "  {:>8}  {}", count(kills), name);
  }
  const Json &hit = r["checked_after_a_kill_during_a_commit"], &recoveries = r["recoveries"];
  line(text,
       "{} checks of all files, byte for byte; {} kills were followed by "
       "another start at once",
       count(r["checks"]), count(r["kills_followed_by_another_start"]));
  line(text,
       "{} of the checked kills hit a running commit: {} left it, {} the one "
       "before",
       count(hit["all"]), count(hit["this_commit"]), count(hit["the_commit_before"]));
  line(text, "Recoveries: {} put old lines back, {} found the newest commit complete",
       count(recoveries["rolled_back"]), count(recoveries["found_complete"]));
  line(text, "Canary: {} of {} kills without Snapshot left a mixture", count(r["canary"]["mixtures"]),
       count(r["canary"]["kills"]));
  line(text, "Failures: {}", r["failures"].size());
  for (const Json &failure : r["failures"]) line(text, "  {}", failure.get<std::string>());
  return text;
}

}  // namespace

std::string write_report(const Options &options, const Tally &tally, const Result &result) {
  const Json json = to_json(options, tally, result);
  const std::string text = to_text(json);
  test::write_file(options.report_directory + "/report.json", json.dump(2) + "\n");
  test::write_file(options.report_directory + "/report.txt", text);
  return text;
}

}  // namespace soak
