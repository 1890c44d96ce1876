#include "loop_disk.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "cut_power.h"

namespace power {
namespace {

constexpr std::uint64_t mib = 1 << 20;

// Blocks smaller than a page, too: then a page is several.
const std::vector<std::vector<std::string>> ext4_variations = {{"mkfs.ext4", "-q", "-b", "4096"},
                                                               {"mkfs.ext4", "-q", "-b", "1024"}};
const std::vector<std::vector<std::string>> xfs_variations = {{"mkfs.xfs", "-q", "-f"},
                                                              {"mkfs.xfs", "-q", "-f", "-b", "size=1024"}};

[[noreturn]] void fail(const std::string &what) { throw std::runtime_error(what + ": " + strerror(errno)); }

// The loop device that shows image, which goes away when nobody has it open or mounted.
Fd attach(const Fd &image, std::string *name) {
  const Fd control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.open()) fail("/dev/loop-control");
  loop_config config = {};
  config.fd = static_cast<__u32>(image.get());
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  for (int tries = 0; tries < 100; ++tries) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) break;
    *name = "/dev/loop" + std::to_string(number);
    Fd device(open(name->c_str(), O_RDWR | O_CLOEXEC));
    if (!device.open()) break;
    if (ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return device;
    if (errno != EBUSY) break;  // EBUSY: another process was faster
  }
  fail("a loop device");
}

// Returns the exit status.
int run(std::vector<std::string> words) {
  std::vector<char *> argv;
  for (std::string &w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    const int null = open("/dev/null", O_RDWR);
    for (int fd : {0, 1, 2}) dup2(null, fd);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("waitpid");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    throw std::runtime_error(words[0] + " is not installed");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

// The smallest that mkfs makes, or a little more.
const std::vector<DiskKind> disk_kinds = {
    {"ext4", "ext4", "data=ordered", true, 64 * mib, ext4_variations, {"e2fsck", "-p"}},
    {"ext4-journal", "ext4", "data=journal", false, 64 * mib, ext4_variations, {"e2fsck", "-p"}},
    {"xfs", "xfs", "", true, 320 * mib, xfs_variations, {}},
};

std::optional<std::string> private_mounts() {
  if (unshare(CLONE_NEWNS) != 0) return std::string("mounts of one's own (unshare): ") + strerror(errno);
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return std::string("private mounts: ") + strerror(errno);
  return std::nullopt;
}

LoopDisk::LoopDisk(const DiskKind &kind, std::uint64_t variation, const std::string &directory)
    : LoopDisk(kind, variation, directory, Fd(memfd_create("power-disk", MFD_CLOEXEC))) {}

LoopDisk::LoopDisk(const DiskKind &kind, std::uint64_t variation, const std::string &directory, Fd image)
    : kind_(kind), directory_(directory), image_(std::move(image)) {
  if (ftruncate(image_.get(), static_cast<off_t>(kind.bytes)) != 0) fail("room for a disk");
  std::string name;
  const Fd device = attach(image_, &name);
  auto command = kind.mkfs[variation % kind.mkfs.size()];
  command.push_back(name);
  if (run(command) != 0) throw std::runtime_error(command[0] + " failed");
  if (!mount_device(name)) fail(std::string("mount -t ") + kind_.type);
}

LoopDisk::~LoopDisk() {
  if (!root_.open()) return;
  root_.reset();
  (void)umount2(directory_.c_str(), MNT_DETACH);
}

bool LoopDisk::mount_device(const std::string &name) {
  if (mount(name.c_str(), directory_.c_str(), kind_.type, 0, kind_.mount_options) != 0) return false;
  root_ = Fd(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_.open()) fail(directory_);
  return true;
}

void LoopDisk::sync() const {
  if (syncfs(root_.get()) != 0) fail("syncfs");
}

void LoopDisk::cut() const {
  if (cut_power(root_.get()) != 0) fail("the shutdown call (ioctl FS_IOC_SHUTDOWN)");
}

// With a new loop device, so that nothing of the old one's cache is seen.
void LoopDisk::restart() {
  root_.reset();
  if (umount2(directory_.c_str(), 0) != 0) fail("umount");
  std::string name;
  const Fd device = attach(image_, &name);
  if (mount_device(name)) return;
  // Rarely, ext4's superblock is caught with a wrong checksum.
  const std::string why = std::string("mount -t ") + kind_.type + ": " + strerror(errno);
  ++repairs_;
  auto command = kind_.repair;
  command.push_back(name);
  // e2fsck: 1 is "errors corrected".
  if (kind_.repair.empty() || run(command) > 1 || !mount_device(name)) throw std::runtime_error(why);
}

}  // namespace power
