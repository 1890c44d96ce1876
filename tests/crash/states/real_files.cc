#include "real_files.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "base/observer.h"
#include "base/syscall.h"
#include "recovery/recover_file.h"
#include "temp_dir.h"

namespace states {
namespace {

namespace fs = std::filesystem;

struct Identity {
  u64 real_inode, inode, birth_ns;
};
std::vector<Identity> identities;

// The kernel's answers, but for a file's identity, which is the one that the log was made for.
long call(long number, const long a[6]) {
  const long result = snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (number != SYS_statx || result != 0) return result;
  auto *s = reinterpret_cast<struct statx *>(a[4]);
  for (const Identity &i : identities)
    if (i.real_inode == s->stx_ino) {
      s->stx_ino = i.inode;
      s->stx_btime.tv_sec = static_cast<long long>(i.birth_ns / 1'000'000'000);
      s->stx_btime.tv_nsec = static_cast<u32>(i.birth_ns % 1'000'000'000);
      if (i.birth_ns == 0) s->stx_mask &= ~u32{STATX_BTIME};
      break;
    }
  return result;
}
constexpr snapshot::Observer observer = {call, nullptr};

// For as long as it lives, recovery works on the real system.
class OnTheRealSystem {
 public:
  OnTheRealSystem() : before_(snapshot::snapshot_observer) { snapshot::snapshot_observer = &observer; }
  ~OnTheRealSystem() { snapshot::snapshot_observer = before_; }
  OnTheRealSystem(const OnTheRealSystem &) = delete;
  OnTheRealSystem &operator=(const OnTheRealSystem &) = delete;

 private:
  const snapshot::Observer *before_;
};

std::string text_of(const std::vector<u8> &bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

Outcome outcome_of(const SimulatedFiles &files, const std::vector<int> &errors) {
  std::vector<std::pair<std::string, std::string>> all;
  for (u32 i = 0; i < files.name_count(); ++i)
    if (files.named(i) != SimulatedFiles::none)
      all.emplace_back(files.name(i), text_of(files[files.named(i)].bytes));
  std::sort(all.begin(), all.end());
  Outcome outcome{errors, {}, {}};
  for (auto &[name, bytes] : all) outcome.names.push_back(name), outcome.bytes.push_back(std::move(bytes));
  return outcome;
}

struct RealFiles::Hidden {
  test::TempDir directory;
  std::vector<std::string> names;  // as in the simulation
};

RealFiles::RealFiles() : hidden_(std::make_unique<Hidden>()) {}
RealFiles::~RealFiles() = default;

std::string RealFiles::copy_of(const std::string &name) const {
  return hidden_->directory / name.substr(name.rfind('/') + 1);
}

void RealFiles::put(const SimulatedFiles &files) {
  for (const auto &entry : fs::directory_iterator(hidden_->directory.path())) fs::remove(entry);
  identities.clear();
  hidden_->names.clear();
  for (u32 i = 0; i < files.name_count(); ++i) {
    if (files.named(i) == SimulatedFiles::none) continue;
    const auto &file = files[files.named(i)];
    const std::string path = copy_of(files.name(i));
    test::write_file(path, text_of(file.bytes));
    struct stat st;
    if (stat(path.c_str(), &st) != 0) throw std::runtime_error("stat " + path);
    identities.push_back({st.st_ino, file.inode, file.birth_ns});
    hidden_->names.push_back(files.name(i));
  }
}

Outcome RealFiles::recover(const std::vector<std::string> &names) {
  const OnTheRealSystem here;
  Outcome outcome;
  for (const std::string &name : names) {
    snapshot::FileReport report;
    outcome.errors.push_back(snapshot::recover_file(copy_of(name).c_str(), &report).error);
  }
  std::sort(hidden_->names.begin(), hidden_->names.end());
  for (const std::string &name : hidden_->names)
    if (fs::exists(copy_of(name))) {
      outcome.names.push_back(name);
      outcome.bytes.push_back(test::read_file(copy_of(name)));
    }
  return outcome;
}

}  // namespace states
