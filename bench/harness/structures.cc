#include "harness/structures.h"

#include <unistd.h>

#include <cstdio>

#include "harness/fail.h"

namespace bench {

void StructureComparison::add(const std::string &name, const std::string &backend, Place place,
                              std::vector<std::string> environment, Expected expected) {
  const std::string program = options_.program(workload_.name + "-" + backend);
  if (access(program.c_str(), X_OK) != 0) {
    std::printf("  (no %s: it was not built)\n", name.c_str());
    return;
  }
  std::vector<std::string> command = {program, place.path, std::to_string(size_.values_max)};
  if (size_.values > 0) command.push_back(std::to_string(size_.values));
  // Committed so far: the empty structure, and what is in it at the beginning.
  systems_.push_back({name, std::move(place), expected, std::make_unique<WorkerProcess>(command, environment),
                      size_.values > 0 ? 2u : 1u});
}

std::vector<std::string> StructureComparison::names() const {
  std::vector<std::string> names;
  for (const System &system : systems_) names.push_back(system.name);
  return names;
}

Reply StructureComparison::run(System &system, const std::string &phase, std::uint64_t values,
                               std::uint64_t per_commit) {
  if (phase != "read") system.commits += values / per_commit;
  return system.worker->ask(phase + " " + std::to_string(values) + " " + std::to_string(per_commit));
}

std::vector<double> StructureComparison::round(System &system, std::uint64_t values, std::uint64_t per_commit,
                                               const std::string &clock) {
  const auto time = [&](const char *name, Phase phase) {
    const auto ns = static_cast<double>(number(run(system, name, values, per_commit), clock));
    finished(system.name, phase);
    return ns;
  };
  const double inserted = time("insert", Phase::insert), read = time("read", Phase::read),
               erased = time("delete", Phase::erase);
  const auto changed = static_cast<double>(values);
  return {inserted / changed, read / (changed + static_cast<double>(size_.values)), erased / changed};
}

std::vector<Rounds> StructureComparison::measure(std::uint64_t values, std::uint64_t per_commit,
                                                 const std::string &clock) {
  return interleave(systems_.size(), options_.rounds, phases,
                    [&](std::size_t i) { return round(systems_[i], values, per_commit, clock); });
}

void StructureComparison::verify(std::uint64_t values) {
  Reply first;
  for (System &system : systems_) {
    (void)run(system, "insert", values, 1);
    (void)run(system, "read", values, 1);
    Reply facts = system.worker->ask("check");
    if (first.empty()) first = facts;
    verify(system, values, facts, first);
    system.worker->finish();
  }
}

void StructureComparison::verify(System &system, std::uint64_t values, Reply &facts, const Reply &first) {
  const auto require = [&](bool truth, const char *what) {
    if (!truth) fail(workload_.name + ": " + system.name + ": " + what);
  };
  require(number(facts, "intact") == 1, "the structure is damaged");
  require(number(facts, "count") == size_.values + values, "values are missing, or too many");
  require(number(facts, "missing") == 0, "values that were deleted were not there");
  for (const char *same : {"digest", "sum"})
    require(number(facts, same) == number(first, same), "the values differ from the first system's");
  if (facts.contains("commits")) {
    require(number(facts, "managed") == 1, "the file is not managed");
    require(number(facts, "commits") == system.commits, "the number of commits is wrong");
    const std::uint64_t fences = system.expected.fences_per_commit * system.commits;
    require(fences == 0 || number(facts, "fences") == fences, "the number of fences is wrong");
  }
  if (facts.contains("clones")) require(number(facts, "clones") == system.commits, "clones are missing");
  if (facts.contains("is_pmem"))
    require(number(facts, "is_pmem") == 1 && number(facts, "msync_calls") == 0,
            "it does not flush, but calls msync");
  if (facts.contains("huge_kb"))
    require(number(facts, "huge_kb") == (system.expected.huge_pages ? number(facts, "mapped_kb") : 0),
            "its pages have another size");
  if (!facts.contains("plain_file")) return;
  const Place &place = system.place;
  if (place.settle) place.settle();
  const Contents file =
      workload_.contents_of_file(place.contents.empty() ? place.path : place.contents, size_.values_max);
  require(file.intact && file.count == number(facts, "count") && file.digest == number(facts, "digest"),
          "the file lacks what was committed");
}

}  // namespace bench
