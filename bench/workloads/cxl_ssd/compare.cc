// cxl_ssd: workloads on an emulated CXL memory-semantic SSD (cxl_ssd/device.h), in each system. See
// bench/README.md.
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "harness/disk_speed.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "harness/stats.h"
#include "harness/worker_set.h"
#include "workloads/cxl_ssd/devices.h"
#include "workloads/cxl_ssd/structures.h"

namespace bench {
namespace {

constexpr std::uint64_t kMiB = 1 << 20, kCacheBytes = 128 * kMiB;
// What a miss takes: the line through the published mean latencies, 2.4 us at 16.3 % misses and 14.3 us at
// 91.8 % (S. Mahar, M. Shen, T. Kelly, S. Swanson: Snapshot: Fast, Userspace Crash Consistency for CXL and PM
// Using msync, ICCD 2023).
constexpr double kMissNs = (14300 - 2400) / (0.918 - 0.163);

constexpr double kRoundUs = 200'000, kRoundUsQuick = 50'000;

// A row of a figure: what the workers are told.
struct Row {
  std::string x;
  std::uint64_t operations;  // in a round, at most
  std::uint64_t per_commit;  // 0: nothing is committed
  char letter = 0;           // of a workload that has several mixes
};

struct Workload {
  const char *figure, *title, *axis, *program;
  std::vector<std::string> arguments;  // of the worker, behind the file
  std::vector<Row> rows;
  std::uint64_t cache_bytes = kCacheBytes;
  bool on_disk = true;  // also by the kernel's msync; not where the many operations would take minutes
  bool in_quick = true;
};

const std::string kArray = std::to_string(256 * kMiB);
// The store's file has 24 MiB in the system with the smallest one.
constexpr std::uint64_t kRecords = 100'000, kRoom = 110'000;

// PROGRAM-no_persistence (or -none), -snapshot, -libpmemobj and -msync are started, as far as they were
// built.
const std::vector<Workload> kWorkloads = {
    {"cxl_ssd_read",
     "random reads of 256 MiB on a CXL SSD",
     "",
     "sweeps",
     {kArray, kArray, "0", "1", "one"},
     {{"a word", 16384, 0}},
     kCacheBytes,
     true,
     false},
    {"cxl_ssd_update",
     "read-modify-write of random words of 256 MiB on a CXL SSD",
     "per commit",
     "sweeps",
     {kArray, kArray, "8", "1", "one"},
     {{"1", 1024, 1}, {"64", 1024, 64}}},
    {"cxl_ssd_swaps",
     "random swaps in 64 MiB, which the cache of a CXL SSD can hold",
     "per commit",
     "random_swaps",
     {},
     {{"1", 32768, 1}, {"64", 32768, 64}},
     kCacheBytes,
     false,
     false},
    {"cxl_ssd_kv_store",
     "YCSB on a CXL SSD, 100k records",
     "workload",
     "kv_store",
     {std::to_string(kRecords), std::to_string(kRoom)},
     {{"A", 2048, 1, 'A'},
      {"B", 2048, 1, 'B'},
      {"C", 2048, 1, 'C'},
      {"D", 2048, 1, 'D'},
      {"E", 2048, 1, 'E'},
      {"F", 2048, 1, 'F'},
      {"G", 2048, 1, 'G'}},
     8 * kMiB},
};

bool device_works(const Options &options) {
  if (::access(options.program("libcxl_ssd_attach.so").c_str(), R_OK) != 0) return false;
  const int fd = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
  if (fd < 0) return false;
  close(fd);
  return true;
}

// Worker and device take turns, so they lose nothing by sharing a CPU, and waking each other there takes two
// microseconds; waking a CPU that sleeps takes tens of them in a virtual machine. What is started inherits
// it.
void stay_on_one_cpu() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) return;
  int cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, &cpus)) --cpu;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  (void)sched_setaffinity(0, sizeof cpus, &cpus);
}

std::uint64_t sum_of_file(const std::string &path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<std::uint64_t> piece(kMiB / sizeof(std::uint64_t));
  std::uint64_t sum = 0;
  for (off_t at = 0; (at = lseek(fd, at, SEEK_DATA)) >= 0;) {
    const ssize_t n = pread(fd, piece.data(), kMiB, at);
    if (n <= 0) fail(path + ": cannot be read");
    for (ssize_t i = 0; i < n / 8; ++i) sum += piece[static_cast<std::size_t>(i)];
    at += n;
  }
  close(fd);
  return sum;
}

struct Access {
  Rounds ns;
  double misses;  // per access
};

// Random accesses to so many bytes. (The store's file begins as one hole.)
Access measure_access(const Options &options, std::uint64_t bytes, double extra_ns) {
  constexpr std::uint64_t kAccesses = 8192;
  Device device(options, {kCacheBytes, extra_ns, 0});
  WorkerProcess reader({options.program("cxl_ssd-reader"), device.in_memory(), std::to_string(bytes)},
                       device->environment());
  const std::string run = "run " + std::to_string(kAccesses) + " 1";
  (void)reader.ask(run);  // a warm-up
  const std::uint64_t before = device->misses();
  Access result{Rounds(1), 0};
  for (unsigned round = 0; round < options.rounds; ++round)
    result.ns[0].push_back(static_cast<double>(number(reader.ask(run), "wall_ns")) / kAccesses);
  result.misses =
      static_cast<double>(device->misses() - before) / static_cast<double>(kAccesses * options.rounds);
  const std::uint64_t stores = number(reader.ask("check"), "stores");
  device->write_back();
  if (sum_of_file(device.in_store()) != stores) fail("the device has lost a store");
  reader.finish();
  return result;
}

// Returns what a miss takes, and has to be made longer for that.
DeviceSpeed access(const Options &options) {
  const auto bytes_for = [](double misses) {
    return static_cast<std::uint64_t>(static_cast<double>(kCacheBytes) / (1 - misses)) / 4096 * 4096;
  };
  const Access bare = measure_access(options, bytes_for(0.8), 0);
  const double bare_ns = summarise(bare.ns[0]).median / bare.misses,
               extra_ns = std::max(kMissNs - bare_ns, 0.0);
  std::printf("a miss of the emulated CXL SSD takes %.1f us, and is made to take %.1f us\n", bare_ns / 1000,
              (bare_ns + extra_ns) / 1000);
  Figure figure(options,
                {"cxl_ssd_access", "random accesses to a CXL SSD with a cache of 128 MiB", "misses", "ns"},
                {"access"});
  for (const double misses : {0.163, 0.918}) {
    if (options.quick && misses > 0.5) continue;
    const Access measured = measure_access(options, bytes_for(misses), extra_ns);
    char x[16];
    std::snprintf(x, sizeof x, "%.0f %%", 100 * measured.misses);
    figure.row(x, measured.ns);
    std::printf("    hit rate %.1f %%; published: 2.4 us at 16.3 %% misses, 14.3 us at 91.8 %%\n",
                100 * (1 - measured.misses));
  }
  return {kCacheBytes, extra_ns, bare_ns + extra_ns};
}

void compare(Options options, const Workload &workload, DeviceSpeed speed) {
  const ScratchDir disk(disk_directory(options));
  speed.cache_bytes = workload.cache_bytes;
  Devices devices(options, speed);
  WorkerSet systems(options);
  const std::string program = std::string(workload.program) + "-";
  const auto on_device = [&](const char *name, const char *backend, std::vector<std::string> environment) {
    Device &device = devices.make(name);
    std::vector<std::string> arguments = workload.arguments;
    arguments.insert(arguments.begin(), device.in_memory());
    for (const std::string &entry : device->environment()) environment.push_back(entry);
    systems.add(name, program + backend, arguments, environment, device.in_store());
  };
  on_device("none", workload.rows[0].letter != 0 ? "none" : "no_persistence", {});
  on_device("snapshot", "snapshot", {"SNAPSHOT_MEDIA=memory"});
  on_device("libpmemobj", "libpmemobj", {"PMEM_IS_PMEM_FORCE=1"});
  std::vector<std::string> arguments = workload.arguments;
  arguments.insert(arguments.begin(), disk.file("array"));
  if (workload.on_disk) systems.add("msync", program + "msync", arguments, {});

  Figure figure(options, {workload.figure, workload.title, workload.axis, "wall ns per operation"},
                systems.names());
  // Where the kernel's msync takes part, as many as it can sync in so much time; whole commits.
  const std::uint64_t most =
      !workload.on_disk
          ? ~std::uint64_t{0}
          : commits_in(options.quick ? kRoundUsQuick : kRoundUs, disk_directory(options), 64, 2048) / 64 * 64;
  const auto operations_of = [&](const Row &row) {
    return row.per_commit == 0 ? row.operations : std::min(row.operations, most);
  };
  std::vector<Devices::Pages> misses;
  for (const Row &row : workload.rows) {
    if (row.letter != 0) systems.use(row.letter);
    // Reads are from DRAM with msync, too.
    const bool reads = row.per_commit == 0 || row.letter == 'C';
    figure.row(row.x, systems.measure(operations_of(row), row.per_commit, "wall_ns"),
               {{"libpmemobj", "snapshot", Relation::at_least, 1, row.letter == 'F' ? 0.81 : 0},
                {"msync", "snapshot", Relation::at_least, reads ? 0.0 : 1}});
    misses.push_back(devices.missed());
  }
  const auto rounds = static_cast<double>(options.rounds + 1);
  options.rounds = 0;  // one, which is not timed
  devices.count_accesses();
  for (std::size_t i = 0; i < misses.size(); ++i) {
    const Row &row = workload.rows[i];
    if (row.letter != 0) systems.use(row.letter);
    (void)systems.measure(operations_of(row), row.per_commit, "wall_ns");
    const auto operations = static_cast<double>(operations_of(row));
    devices.print_rates(row.x, misses[i], operations * rounds, devices.missed(), operations);
  }
  devices.write_back();
  systems.finish();
}

void cxl_ssd(const Options &options) {
  if (!device_works(options)) skip("it needs userfaultfd for faults of the kernel (root), and Linux 5.19");
  Options fewer = options;
  fewer.rounds = std::min(options.rounds, 7u);  // misses take their time
  stay_on_one_cpu();
  const DeviceSpeed speed = access(fewer);
  for (const Workload &workload : kWorkloads)
    if (!options.quick || workload.in_quick) compare(fewer, workload, speed);
  compare_structures_on_device(fewer, speed);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::cxl_ssd); }
