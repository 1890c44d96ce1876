// The comparing half of a workload on a data structure in a file (structure_worker.h): who is compared, round
// by round, on which media, and that all have done the same.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/figure.h"
#include "harness/options.h"
#include "harness/structure_contents.h"
#include "harness/worker_process.h"

namespace bench {

struct StructureWorkload {
  std::string name;                        // the workers are NAME-BACKEND
  std::string title, insert, read, erase;  // for the reader
  // Of a file that keeps plain pointers (backends/file_image.h).
  Contents (*contents_of_file)(const std::string &path, std::uint64_t count_max);
};

class StructureComparison {
 public:
  // The values in it before and after each round, and how many there may be.
  struct Size {
    std::uint64_t values, values_max;
  };
  // What a worker's facts must be.
  struct Expected {
    unsigned fences_per_commit = 0;  // 0: any number
    bool huge_pages = false;
  };

  // Where a worker's file is, and, if that is elsewhere, where its contents are after `settle`.
  struct Place {
    std::string path, contents = {};
    std::function<void()> settle = {};
  };

  StructureComparison(const Options &options, const StructureWorkload &workload, Size size)
      : options_(options), workload_(workload), size_(size) {}

  // Starts a worker; if it was not built, says so.
  void add(const std::string &name, const std::string &backend, Place place,
           std::vector<std::string> environment, Expected expected);
  std::vector<std::string> names() const;

  // Inserts so many values, reads all, deletes the oldest ones: in ns by this clock ("ns" or "wall_ns") per
  // value. values: a multiple of per_commit.
  enum Phase { insert, read, erase, phases };
  std::vector<Rounds> measure(std::uint64_t values, std::uint64_t per_commit, const std::string &clock);

  // Called after each phase of each round, with the system's name.
  std::function<void(const std::string &system, Phase phase)> finished = [](const std::string &, Phase) {};

  // After so many more inserts: fails unless each system did the work, and the same work. Ends the workers.
  void verify(std::uint64_t values);

 private:
  struct System {
    std::string name;
    Place place;
    Expected expected;
    std::unique_ptr<WorkerProcess> worker;
    std::uint64_t commits;
  };

  std::vector<double> round(System &system, std::uint64_t values, std::uint64_t per_commit,
                            const std::string &clock);
  Reply run(System &system, const std::string &phase, std::uint64_t values, std::uint64_t per_commit);
  void verify(System &system, std::uint64_t values, Reply &facts, const Reply &first);

  const Options &options_;
  const StructureWorkload &workload_;
  Size size_;
  std::vector<System> systems_;
};

// The figures: each in a file of its own.
void compare_structure_in_memory(const Options &options, const StructureWorkload &workload,
                                 const std::vector<std::pair<StructureComparison::Phase, Ratio>> &aims);
void compare_structure_on_disks(const Options &options, const StructureWorkload &workload);

}  // namespace bench
