// On file systems of their own, each in a file on the disk (BENCH_DISK, default: beside the program); wall
// time. Needs root, for the mounts.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "../../tests/crash/power/loop_disk.h"
#include "harness/disk_speed.h"
#include "harness/fail.h"
#include "harness/scratch_dir.h"
#include "harness/structures.h"

namespace bench {
namespace {

using power::DiskKind;
using power::LoopDisk;

constexpr StructureComparison::Size kSize = {200'000, 210'000}, kSizeQuick = {20'000, 21'000};
// A round's values: as many as the disk can sync in so much time; with more per commit kTimes as many.
constexpr double kRoundUs = 30'000, kRoundUsQuick = 10'000;
constexpr std::uint64_t kValuesMin = 8, kValuesMax = 128, kTimes = 8;
constexpr std::uint64_t kMore = 64;  // per commit, after one per commit
constexpr std::uint64_t kDiskBytes = std::uint64_t{320} << 20;
constexpr double kAim = 1;  // times faster than each other system

// No discarding: it would take the blocks from the image again.
const std::vector<std::string> kMakeExt4 = {"mkfs.ext4", "-q", "-E",
                                            "nodiscard,lazy_itable_init=0,lazy_journal_init=0"};
const DiskKind kDisks[] = {
    {"ext4", "ext4", "data=ordered", true, kDiskBytes, {kMakeExt4}, {}},
    {"journal", "ext4", "data=journal", false, kDiskBytes, {kMakeExt4}, {}},
    {"xfs", "xfs", "", true, kDiskBytes, {{"mkfs.xfs", "-q", "-f", "-K", "-m", "reflink=1"}}, {}},
};

// Written, so that the disk below has no blocks to allocate when the one in it is written to.
power::Fd image_in(const std::string &directory) {
  power::Fd image(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!image.open()) fail(directory + ": cannot make a file without a name in it");
  static const std::string zeros(1 << 20, 0);
  for (std::uint64_t at = 0; at < kDiskBytes; at += zeros.size())
    if (pwrite(image.get(), zeros.data(), zeros.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(zeros.size()))
      fail(directory + ": no room for a disk");
  if (fsync(image.get()) != 0) fail(directory + ": cannot sync a disk");
  return image;
}

class Disks {
 public:
  explicit Disks(const ScratchDir &scratch) {
    for (const DiskKind &kind : kDisks) {
      const std::string directory = scratch.file(kind.name);
      if (mkdir(directory.c_str(), 0700) != 0) fail(directory + ": cannot create it");
      try {
        disks_.push_back(std::make_unique<LoopDisk>(kind, 0, directory, image_in(scratch.file("."))));
        mounted_.push_back(kind.name);
      } catch (const std::runtime_error &error) {
        std::printf("  (no %s: %s)\n", kind.name, error.what());
      }
    }
  }
  bool has(const std::string &name) const {
    for (const std::string &mounted : mounted_)
      if (mounted == name) return true;
    return false;
  }

 private:
  std::vector<std::unique_ptr<LoopDisk>> disks_;
  std::vector<std::string> mounted_;
};

void add_systems(StructureComparison &c, const Disks &disks, const ScratchDir &scratch) {
  const auto add = [&](const char *disk, const char *system, const char *backend,
                       std::vector<std::string> environment, bool huge_pages = false) {
    if (disks.has(disk))
      c.add(std::string(disk) + ":" + system, backend, {scratch.file(std::string(disk) + "/" + system)},
            std::move(environment), {0, huge_pages});
  };
  const std::string page_cache = "SNAPSHOT_MEDIA=page-cache";
  add("ext4", "snapshot", "snapshot", {page_cache});
  add("ext4", "msync4K", "msync", {"BENCH_PAGES=4K"});
  add("journal", "msync4K", "msync", {"BENCH_PAGES=4K"});
  add("xfs", "snapshot", "snapshot", {page_cache});
  add("xfs", "msync4K", "msync", {"BENCH_PAGES=4K"});
  add("xfs", "msync2M", "msync", {"BENCH_PAGES=2M"}, true);
  add("xfs", "reflink", "reflink", {});
}

void show(Figure &figure, const std::string &phase, Rounds values) {
  for (std::vector<double> &system : values)
    for (double &value : system) value /= 1000;
  const auto ahead = [](const char *other, const char *ours) {
    return Ratio{other, ours, Relation::at_least, kAim};
  };
  figure.row(phase, values,
             {ahead("ext4:msync4K", "ext4:snapshot"), ahead("journal:msync4K", "ext4:snapshot"),
              ahead("xfs:msync4K", "xfs:snapshot"), ahead("xfs:msync2M", "xfs:snapshot"),
              ahead("xfs:reflink", "xfs:snapshot")});
}

}  // namespace

void compare_structure_on_disks(const Options &options, const StructureWorkload &workload) {
  if (const auto why_not = power::private_mounts()) skip(*why_not);
  const char *const disk = std::getenv("BENCH_DISK");
  const ScratchDir scratch(disk != nullptr ? disk : options.directory);
  const Disks disks(scratch);
  StructureComparison c(options, workload, options.quick ? kSizeQuick : kSize);
  add_systems(c, disks, scratch);
  if (c.names().empty()) skip("no disk could be mounted, or nothing was built for it");
  Figure figure(
      options,
      {workload.name + "_disk", workload.title + " on loop mounts, wall time", "phase", "us per value"},
      c.names());
  // A multiple of eight, so that eight times as many make whole commits.
  const std::uint64_t values =
      commits_in(options.quick ? kRoundUsQuick : kRoundUs, scratch.file("."), kValuesMin, kValuesMax) / 8 * 8;
  for (const std::uint64_t per_commit : {std::uint64_t{1}, kMore}) {
    const std::vector<Rounds> times =
        c.measure(per_commit == 1 ? values : kTimes * values, per_commit, "wall_ns");
    const std::string suffix = per_commit == 1 ? "" : " x" + std::to_string(per_commit);
    show(figure, workload.insert + suffix, times[StructureComparison::insert]);
    show(figure, workload.erase + suffix, times[StructureComparison::erase]);
  }
  c.verify(values);
}

}  // namespace bench
