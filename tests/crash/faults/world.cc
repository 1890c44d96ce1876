// The rules; the verbs are in verbs.cc.
#include "world.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "base/message.h"
#include "raw_file.h"
#include "snapshot/snapshot.h"

namespace faults {
namespace {

std::string difference(const std::string &is, const std::string &should) {
  std::size_t at = 0;
  while (at < is.size() && at < should.size() && is[at] == should[at]) ++at;
  return "(" + std::to_string(is.size()) + " bytes instead of " + std::to_string(should.size()) +
         ", first difference at " + std::to_string(at) + ")";
}

// Zeros, where one is longer.
bool differ_in_size_alone(const std::string &a, const std::string &b) {
  const std::size_t common = std::min(a.size(), b.size());
  if (a.size() == b.size() || a.compare(0, common, b, 0, common) != 0) return false;
  return a.size() < b.size() || a.find_first_not_of('\0', common) == std::string::npos;
}

// A line that no operation of the runtime's leaves, so that an older explanation is not taken for a new one.
void forget_words() {
  const Unobserved ours;
  (void)snapshot_commit(nullptr, 1);
  (void)snapshot::fail(EINVAL, snapshot::Message() << "address 0x0");
}

}  // namespace

void World::put_files(const std::string &directory, const Start &start) {
  const std::string path = directory + "/data";
  put_bytes(path, start.data);
  remove_if_there(path + ".snaplog");
  if (start.log) put_bytes(path + ".snaplog", *start.log);
}

World::World(const std::string &directory, const Start &start, std::uint64_t seed, Record *record)
    : directory_(directory),
      path_(directory + "/data"),
      record_(record),
      none_taken_(false, seed),
      some_taken_(true, seed),
      working_(start.committed),
      committed_(start.committed),
      inode_(inode_of(path_)) {
  for (Disk *disk : {&none_taken_, &some_taken_}) {
    disk->load(path_, start.on_disk);
    if (start.log) disk->load(path_ + ".snaplog", *start.log);
  }
  // The dead process's last commit did not return: until somebody has recovered the file, a power cut may
  // take it.
  if (start.on_disk != start.data) attempted_.push_back(start.on_disk);
  Injector::install(record, &none_taken_, &some_taken_);
}

void World::forget_syncs() {
  for (Disk *disk : {&none_taken_, &some_taken_}) disk->load(path_, "");
  attempted_.push_back("");
}

bool World::find_log() {
  const std::uint64_t inode = inode_of(path_ + ".snaplog");
  if (inode != 0) log_inode_ = inode;
  return inode != 0;
}

// The first failure may be all there is; one that lasts is met twice, so that the way back fails as well.
void World::attempt(const Verb &verb) {
  for (int failures = 0;;) {
    const std::uint64_t hits = record_->hit_count;
    (void)find_log();
    forget_words();
    const int error = verb.act();
    if (error == 0) {
      verb.succeed();
      if (verb.target) {
        attempted_.clear();
        if (!verb.durable) attempted_.push_back(committed_);
        committed_ = *verb.target;
      }
      check_silence(verb, hits);
      check_views(verb.name);
      check_program_sees(verb.name, working_);
      return;
    }
    // The file is at the commit before (commit/commit.h). Only if the way back has failed as well, recovery
    // may find all of the new lines in place, and a commit in them.
    // The same where the size is all that changes: no line shows that such a commit has failed.
    if (verb.target && (record_->hit_count - hits > 1 || differ_in_size_alone(*verb.target, committed_)))
      attempted_.push_back(*verb.target);
    check_failure(verb, error, hits);
    if (verb.once) return;
    if (++failures == 2) Injector::clear();
  }
}

void World::check_failure(const Verb &verb, int error, std::uint64_t hits_before) {
  const std::string what = std::string(verb.name) + " failed with " + name_of_error(error);
  if (record_->hit_count == hits_before)
    throw Broken(what + " although nothing else did: " + snapshot_last_error());
  bool explained = false;
  for (std::uint64_t i = hits_before; i < record_->hit_count && i < hits_before + 64; ++i)
    explained = explained || is_translation(record_->hits[i % 64].error, error);
  if (!explained)
    throw Broken(what + ", which is not what " + record_->last_hit().call + " failed with (" +
                 name_of_error(record_->last_hit().error) + "): " + snapshot_last_error());
  if (!record_->last_hit().own) check_words(verb, hits_before);
  check_views("failed " + std::string(verb.name));
  check_program_sees("failed " + std::string(verb.name), verb.shows_early ? *verb.target : working_);
}

// Success in spite of a failed call: it was tried again, or it is on the list (why_harmless), or the log is
// still there and the next open will do what was to be done.
void World::check_silence(const Verb &verb, std::uint64_t hits_before) {
  if (verb.closes && find_log()) return;
  for (std::uint64_t i = hits_before; i < record_->hit_count && i < hits_before + 64; ++i) {
    const Hit &hit = record_->hits[i % 64];
    if (hit.harmless || hit.error == EINTR || hit.error <= 0) continue;
    throw Broken(std::string(verb.name) + " succeeded although " + hit.call + " failed with " +
                 name_of_error(hit.error) + ", which is not known to be harmless");
  }
}

void World::check_words(const Verb &verb, std::uint64_t hits_before) {
  if (verb.words == Words::none) return;
  const std::string words = verb.words == Words::tool ? snapshot::last_error_text() : snapshot_last_error();
  if (words.empty() || words.starts_with("address 0x0"))
    throw Broken("failed " + std::string(verb.name) + " explains nothing");
  if (words.find('\n') != std::string::npos) throw Broken("an explanation of several lines: " + words);
  // Trouble of the whole process, and a file that the kernel tells nothing about.
  bool nameless = words.starts_with("cannot reserve");
  for (std::uint64_t i = hits_before; i < record_->hit_count; ++i)
    for (const char *call : {"readlink", "fstat"})
      nameless =
          nameless || (std::string(record_->hits[i % 64].call) == call && words.starts_with("descriptor "));
  if (words.find(directory_ + "/") == std::string::npos && !nameless)
    throw Broken("an explanation that names no file: " + words);
}

std::vector<View> World::views() {
  const bool has_log = find_log();
  View kill{"after a kill", bytes_in(path_), {}};
  if (has_log) kill.log = bytes_in(path_ + ".snaplog");
  View none{"after a power cut", none_taken_.contents(inode_), {}};
  // A log that has lost its name may have it back, if the power goes before the directory is synced.
  if (log_inode_ != 0) none.log = none_taken_.contents(log_inode_);
  View some{"after a power cut that comes late", some_taken_.contents(inode_), {}};
  if (has_log) some.log = some_taken_.contents(log_inode_);
  return {kill, none, some};
}

void World::check_views(const std::string &after) {
  const Unobserved ours;
  if (!named_ || quick_) return;
  if (begin_ != nullptr && !log_stays_ && !find_log())
    throw Broken("after " + after + ": the log is not beside the file");
  const std::vector<View> all = views();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i] == all[i - 1]) continue;
    const std::string now = recovered(all[i], directory_ + "/copy");
    bool right = now == committed_;
    for (const std::string &state : attempted_) right = right || now == state;
    if (!right)
      throw Broken("after " + after + ", recovery " + all[i].name + " finds what was never committed " +
                   difference(now, committed_));
  }
}

void World::check_program_sees(const std::string &after, const std::string &should) {
  if (begin_ == nullptr) return;
  const Unobserved ours;
  struct stat st;
  if (fstat(fd_, &st) != 0) throw Broken("fstat");
  const std::string sees(begin_, std::min(static_cast<std::size_t>(st.st_size), std::size_t{map_bytes}));
  if (sees != working_ && sees != should)
    throw Broken("after " + after + ", the program does not see what it stored " +
                 difference(sees, working_));
}

void World::finish() {
  Injector::clear();
  quick_ = true;
  if (named_ && begin_ == nullptr) {
    if (fd_ < 0) open();
    map();
  }
  commit();
  if (working_.size() >= 64) {
    store(working_.size() - 64, '.', 64);
    quick_ = false;
    commit();
  }
  unmap();
  // One that could not be removed is for the next open; recovery has just had it.
  if (named_ && find_log() && record_->hit_count == 0 && !log_stays_)
    throw Broken("the log is still there at the end");
  if (named_ && !find_log() && bytes_in(path_) != working_)
    throw Broken("the file does not hold what was committed");
}

void World::leave_expectations() const {
  const Unobserved ours;
  put_bytes(directory_ + "/expected-discarded", committed_);
  put_bytes(directory_ + "/expected-committed", working_);
}

// An exit that commits can fail to, and has nobody to tell.
std::string World::problem_after_exit(const std::string &directory) {
  const std::string path = directory + "/data", log_path = path + ".snaplog";
  View view{"after exit", bytes_in(path), {}};
  if (inode_of(log_path) != 0) view.log = bytes_in(log_path);
  const std::string now = recovered(view, directory + "/copy"),
                    discarded = bytes_in(directory + "/expected-discarded");
  if (now == discarded || now == bytes_in(directory + "/expected-committed")) return "";
  return "after exit, recovery finds what was never committed " + difference(now, discarded);
}

}  // namespace faults
